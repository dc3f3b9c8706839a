// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Group;
import dev.weft.core.policy.PolicyProgram.Member;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.core.policy.PolicyProgram.Port;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Programs as the decisions of core make them. */
final class ProgramBuilder {
  static final Peer ANYONE = new Peer.Anyone();

  private final Map<String, Group> groups = new TreeMap<>();
  private final Map<String, MemberSet> sets = new TreeMap<>();
  private final Map<IpAddress, String> ingress = new HashMap<>();
  private final Map<IpAddress, String> egress = new HashMap<>();

  static Clause clause(Peer peer, PortRange... ports) {
    return new Clause("default/policy", 0, peer, List.of(ports));
  }

  static PortRange port(Protocol protocol, int first, int last) {
    return new PortRange(protocol, first, last);
  }

  static PortRange port(Protocol protocol, int port) {
    return port(protocol, port, port);
  }

  static Peer range(String cidr, String... except) {
    return new Peer.Range(Cidr.parse(cidr), Stream.of(except).map(Cidr::parse).sorted().toList());
  }

  /** A set of addresses of one family, with a name after these. */
  Peer addresses(String name, IpAddress... members) {
    return addresses(name, List.of(members));
  }

  Peer addresses(String name, Collection<IpAddress> members) {
    var family = members.iterator().next().family();
    Set<Member> all = members.stream().map(Member::of).collect(Collectors.toSet());
    sets.put(name, new MemberSet(name, family, false, all));
    return new Peer.Addresses(name, family);
  }

  Peer addressAndPort(String name, IpAddress address, Protocol protocol, int port) {
    Member member = new Member(address, Optional.of(new Port(protocol, port)));
    sets.put(name, new MemberSet(name, address.family(), true, Set.of(member)));
    return new Peer.AddressesWithPorts(name, address.family());
  }

  ProgramBuilder group(String name, Direction direction, Clause... clauses) {
    groups.put(name, new Group(name, direction, List.of(clauses)));
    return this;
  }

  /** Has the group's direction decide on these addresses. */
  ProgramBuilder select(String group, IpAddress... addresses) {
    return select(group, groups.get(group).direction(), List.of(addresses));
  }

  ProgramBuilder select(String group, Collection<IpAddress> addresses) {
    return select(group, groups.get(group).direction(), addresses);
  }

  ProgramBuilder select(String group, Direction direction, Collection<IpAddress> addresses) {
    Map<IpAddress, String> map = direction == Direction.INGRESS ? ingress : egress;
    addresses.forEach(address -> map.put(address, group));
    return this;
  }

  ProgramBuilder close(Collection<IpAddress> addresses) {
    select(PolicyProgram.CLOSED, Direction.INGRESS, addresses);
    return select(PolicyProgram.CLOSED, Direction.EGRESS, addresses);
  }

  PolicyProgram build() {
    return new PolicyProgram(groups, sets, ingress, egress);
  }
}
