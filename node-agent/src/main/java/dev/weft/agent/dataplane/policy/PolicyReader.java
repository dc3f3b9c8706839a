// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram.Member;
import dev.weft.core.policy.PolicyProgram.Port;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.codec.MalformedMessageException;
import dev.weft.netlink.nft.AddressElement;
import dev.weft.netlink.nft.AddressPair;
import dev.weft.netlink.nft.AddressPort;
import dev.weft.netlink.nft.ChainQuery;
import dev.weft.netlink.nft.ChainRuleQuery;
import dev.weft.netlink.nft.ChainRuleQuery.ChainRule;
import dev.weft.netlink.nft.SetListQuery;
import dev.weft.netlink.nft.SetQuery;
import dev.weft.netlink.nft.TableInfo;
import dev.weft.netlink.nft.TableQuery;
import dev.weft.netlink.nft.VerdictElement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what the kernel has of the table. */
final class PolicyReader {
  private final NetlinkSocket netfilter;

  PolicyReader(NetlinkSocket netfilter) {
    this.netfilter = netfilter;
  }

  NetlinkSocket socket() {
    return netfilter;
  }

  /**
   * What a chain is recognised by, as the one that was written.
   *
   * @param handle of the chain
   * @param accepts its policy
   * @param rules handle and content of each
   */
  record Mark(long handle, boolean accepts, List<List<Long>> rules) {
    Mark {
      rules = List.copyOf(rules);
    }
  }

  Optional<TableInfo> table() throws NetlinkException {
    return netfilter.find(new TableQuery(PolicyObjects.TABLE.family(), PolicyObjects.TABLE.name()));
  }

  Map<String, Mark> chains() throws NetlinkException {
    List<ChainQuery.Chain> chains = netfilter.dump(new ChainQuery(PolicyObjects.TABLE));
    Map<String, List<List<Long>>> rules = new HashMap<>();
    for (ChainRule rule : netfilter.dump(new ChainRuleQuery(PolicyObjects.TABLE))) {
      rules
          .computeIfAbsent(rule.chain(), chain -> new ArrayList<>())
          .add(List.of(rule.handle(), rule.content()));
    }
    Map<String, Mark> marks = new HashMap<>();
    for (ChainQuery.Chain chain : chains) {
      List<List<Long>> own = rules.getOrDefault(chain.name(), List.of());
      marks.put(chain.name(), new Mark(chain.handle(), chain.accepts(), own));
    }
    return marks;
  }

  Set<String> sets() throws NetlinkException {
    return new HashSet<>(netfilter.dump(new SetListQuery(PolicyObjects.TABLE)));
  }

  /** The members of a set of the program. */
  Set<Member> members(String set, boolean withPorts) throws NetlinkException {
    return new HashSet<>(
        netfilter.dump(
            new SetQuery<>(
                PolicyObjects.set(set),
                withPorts ? PolicyReader::memberWithPort : PolicyReader::member)));
  }

  private static Member member(byte[] key, byte[] data) {
    return Member.of(AddressElement.of(key, data).address());
  }

  private static Member memberWithPort(byte[] key, byte[] data) {
    AddressPort read = AddressPort.of(key, data);
    Protocol protocol =
        Protocol.of(read.protocol())
            .orElseThrow(() -> new MalformedMessageException("no protocol with ports: " + read));
    return new Member(read.address(), Optional.of(new Port(protocol, read.port())));
  }

  /** The chain that each address of this node's pods leads to. */
  Map<IpAddress, String> groups(Direction direction) throws NetlinkException {
    Map<IpAddress, String> groups = new HashMap<>();
    for (Family family : Family.values()) {
      netfilter
          .dump(new SetQuery<>(PolicyObjects.groups(direction, family), VerdictElement::of))
          .forEach(element -> groups.put(element.address(), element.chain()));
    }
    return groups;
  }

  /** The addresses that are paired with themselves. */
  Set<AddressPair> pairs() throws NetlinkException {
    Set<AddressPair> pairs = new HashSet<>();
    for (Family family : Family.values()) {
      pairs.addAll(netfilter.dump(new SetQuery<>(PolicyObjects.self(family), AddressPair::of)));
    }
    return pairs;
  }
}
