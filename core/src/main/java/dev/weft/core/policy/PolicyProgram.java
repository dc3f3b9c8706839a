// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a node's kernel is to enforce. Equal programs are equal tables.
 *
 * @param groups by name, each named after its direction and content
 * @param sets by name, each named after what its members are chosen by and its family
 * @param ingress which group decides what comes to an address of this node's pods; an address that
 *     no policy selects is not there
 * @param egress which group decides what leaves an address of this node's pods
 */
public record PolicyProgram(
    Map<String, Group> groups,
    Map<String, MemberSet> sets,
    Map<IpAddress, String> ingress,
    Map<IpAddress, String> egress) {
  /** Without any policy: no table. */
  public static final PolicyProgram NONE =
      new PolicyProgram(Map.of(), Map.of(), Map.of(), Map.of());

  /**
   * The group of a pod whose labels or policies are not known yet, or that a bound keeps from being
   * programmed: nothing comes to it and nothing leaves it. It is no key of {@link #groups}.
   */
  public static final String CLOSED = "closed";

  /** Bound of {@link #groups}: a map element with a jump re-validates the table. */
  public static final int MAX_GROUPS = 250;

  public PolicyProgram {
    groups = SharingMap.copyOf(groups);
    sets = SharingMap.copyOf(sets);
    ingress = SharingMap.copyOf(ingress);
    egress = SharingMap.copyOf(egress);
  }

  /** The group of an address in a direction; empty where no policy selects it. */
  public Optional<String> group(Direction direction, IpAddress address) {
    Map<IpAddress, String> groups = direction == Direction.INGRESS ? ingress : egress;
    return Optional.ofNullable(groups.get(address));
  }

  /**
   * What is accepted for the pods that the same policies select in a direction, and to whose ports
   * the same names lead. What no clause matches is dropped.
   *
   * @param name at most 31 bytes of lower-case letters, digits and hyphens, its first a letter
   * @param clauses in the order of their policies (namespace, name) and of the policies' rules
   */
  public record Group(String name, Direction direction, List<Clause> clauses) {
    public Group {
      clauses = List.copyOf(clauses);
    }
  }

  /**
   * Accepts packets of one rule and one peer, or of several peers of it that are single addresses.
   *
   * @param policy namespace/name, as {@code kubectl} takes it
   * @param rule its place among the policy's rules of the direction, from 0
   * @param peer the packet's other end
   * @param ports at the packet's destination; none: every protocol and port. Of {@link
   *     Peer.AddressesWithPorts} none: its set has them
   */
  public record Clause(String policy, int rule, Peer peer, List<PortRange> ports) {
    public Clause {
      ports = List.copyOf(ports);
    }

    /** The name of its peer's set; empty where the peer has none. */
    public Optional<String> set() {
      if (peer instanceof Peer.Addresses addresses) {
        return Optional.of(addresses.set());
      }
      return peer instanceof Peer.AddressesWithPorts addresses
          ? Optional.of(addresses.set())
          : Optional.empty();
    }
  }

  /** Ports of a protocol, both included; 0 to 65535: every port. */
  public record PortRange(Protocol protocol, int first, int last) {}

  /** The other end of a clause's packets. */
  public sealed interface Peer {
    /** Every address of both families. */
    record Anyone() implements Peer {}

    /** The addresses of a set. */
    record Addresses(String set, Family family) implements Peer {}

    /** The addresses of a set, each only on the ports that are there with it: egress only. */
    record AddressesWithPorts(String set, Family family) implements Peer {}

    /**
     * A range of addresses without some.
     *
     * @param except ranges inside it that are not meant, sorted, none inside another
     * @param exceptSet the name of a set of further addresses that are not meant; empty: none
     */
    record Range(Cidr cidr, List<Cidr> except, Optional<String> exceptSet) implements Peer {
      public Range {
        except = List.copyOf(except);
      }

      /** One without a set. */
      public Range(Cidr cidr, List<Cidr> except) {
        this(cidr, except, Optional.empty());
      }
    }
  }

  /**
   * Addresses of pods, of nodes' gateways (for a range that holds the node's address), or those
   * that a rule names one by one.
   *
   * @param name at most 31 bytes of lower-case letters, digits and hyphens, its first a letter
   * @param family of all its members
   * @param withPorts whether each member has a port
   */
  public record MemberSet(String name, Family family, boolean withPorts, Set<Member> members) {
    public MemberSet {
      members = SharingMap.copyOf(members);
    }

    /** The members that another has not; cheap where both come from one table. */
    public Set<Member> without(MemberSet other) {
      return SharingMap.onlyIn(members, other.members);
    }
  }

  /** An address, and in a set with ports the port that it is meant on. */
  public record Member(IpAddress address, Optional<Port> port) {
    /** Every port of an address. */
    public static Member of(IpAddress address) {
      return new Member(address, Optional.empty());
    }
  }

  /** A port of a member. */
  public record Port(Protocol protocol, int number) {}
}
