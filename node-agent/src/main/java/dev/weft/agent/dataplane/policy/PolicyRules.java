// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.agent.dataplane.policy.PolicyChain.Counted;
import dev.weft.agent.dataplane.policy.PolicyChain.Rule;
import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Group;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The text of the table. A packet is seen by its addresses alone, for what the node forwards
 * between its pods has one device on both sides; the anti-spoofing filter makes a source address
 * true. Replies pass by the direction of their connection: what a client sends is evaluated with
 * every packet, so that a connection ends when its policy does. What egress accepts goes on to the
 * group of its destination.
 */
final class PolicyRules {
  /** Behind the rules of tunnels, and of those who take the usual priority. */
  private static final String PRIORITY = "filter + 5";

  private static final String ERRORS = "errors";
  private static final String CONTROL = "control";
  private static final String EXEMPT = "exempt";

  /** Other packets, which go on to the look-ups, fail at the first of the two. */
  private static final String REPLIES = "ct direction reply ct state established accept";

  /** ICMP and ICMPv6, by number: for their names nft needs an /etc/protocols, which images lack. */
  private static final String ICMP_JUMPS = "meta l4proto { 1, 58 } jump ";

  private PolicyRules() {}

  /** The chains of every program, each behind those that it leads to. */
  static List<PolicyChain> base(Mode mode) {
    List<PolicyChain> chains = new ArrayList<>();
    chains.add(
        ownChain(
            ERRORS,
            "ct state related accept",
            "icmp type { destination-unreachable, time-exceeded, parameter-problem } accept",
            "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded,"
                + " parameter-problem } accept"));
    chains.add(exempt());
    for (Direction direction : Direction.values()) {
      chains.add(
          new PolicyChain(
              PolicyObjects.closed(direction),
              Optional.of(new Counted(PolicyProgram.CLOSED, direction)),
              "",
              end(direction, mode),
              Set.of()));
    }
    chains.add(
        ownChain(
            CONTROL,
            "jump " + ERRORS,
            "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit,"
                + " nd-neighbor-advert } accept",
            "icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done,"
                + " mld2-listener-report } accept"));
    chains.add(forward());
    chains.add(input());
    return chains;
  }

  /**
   * What passes though no clause accepts it. Its rules come behind the clauses, so that packets
   * that one accepts do not pay for them. Neighbour discovery and MLD are not in it, for they are
   * of one link: what is forwarded of them is forged.
   */
  private static PolicyChain exempt() {
    Stream<String> pairs =
        Stream.of(Family.values())
            .map(
                family ->
                    "%1$s saddr . %1$s daddr @%2$s accept"
                        .formatted(ip(family), PolicyObjects.self(family).name()));
    return ownChain(
        EXEMPT, Stream.concat(Stream.of(ICMP_JUMPS + ERRORS), pairs).toArray(String[]::new));
  }

  private static PolicyChain ownChain(String name, String... rules) {
    return new PolicyChain(
        name, Optional.empty(), "", Stream.of(rules).map(Rule::of).toList(), Set.of());
  }

  private static PolicyChain forward() {
    List<Rule> rules = new ArrayList<>(List.of(Rule.of(REPLIES)));
    rules.addAll(lookUps(Direction.EGRESS));
    rules.addAll(lookUps(Direction.INGRESS));
    return base("forward", rules);
  }

  /** What pods send to their node, and to the address of their gateway. */
  private static PolicyChain input() {
    List<Rule> rules = new ArrayList<>();
    rules.add(Rule.of("iifname != \"" + Bridge.NAME + "\" accept"));
    rules.add(Rule.of(REPLIES));
    rules.add(Rule.of(ICMP_JUMPS + CONTROL));
    rules.addAll(lookUps(Direction.EGRESS));
    return base("input", rules);
  }

  private static PolicyChain base(String hook, List<Rule> rules) {
    String at = "type filter hook %s priority %s; policy accept;".formatted(hook, PRIORITY);
    return new PolicyChain(hook, Optional.empty(), at, rules, Set.of());
  }

  private static List<Rule> lookUps(Direction direction) {
    return Stream.of(Family.values())
        .map(
            family ->
                Rule.of(
                    "%s %s vmap @%s"
                        .formatted(
                            ip(family),
                            own(direction),
                            PolicyObjects.groups(direction, family).name())))
        .toList();
  }

  /** The chain of a group. */
  static PolicyChain of(Group group, Mode mode) {
    List<Rule> rules = new ArrayList<>();
    Set<String> sets = new HashSet<>();
    for (int i = 0; i < group.clauses().size(); i++) {
      Clause clause = group.clauses().get(i);
      String match = peer(clause.peer(), group.direction(), sets);
      String verdict = group.direction() == Direction.INGRESS ? "accept" : "return";
      for (String ports : ports(clause.ports())) {
        rules.add(new Rule(match + ports + "counter " + verdict, OptionalInt.of(i)));
      }
    }
    rules.addAll(end(group.direction(), mode));
    Counted counted = new Counted(group.name(), group.direction());
    return new PolicyChain(group.name(), Optional.of(counted), "", rules, sets);
  }

  /** Text, in the table's block, of the objects of every program that are no chains. */
  static String objects() {
    StringBuilder text = new StringBuilder();
    for (Direction direction : Direction.values()) {
      text.append("  counter %s {\n  }\n".formatted(PolicyObjects.dropped(direction)));
      for (Family family : Family.values()) {
        String map = PolicyObjects.groups(direction, family).name();
        text.append("  map %s {\n    type %s : verdict\n  }\n".formatted(map, type(family)));
      }
    }
    for (Family family : Family.values()) {
      String pair = type(family) + " . " + type(family);
      text.append(set(PolicyObjects.self(family).name(), pair));
    }
    return text.toString();
  }

  /** Text of a set in the table's block. */
  static String block(MemberSet set) {
    String ports = set.withPorts() ? " . inet_proto . inet_service" : "";
    return set(set.name(), type(set.family()) + ports);
  }

  private static String set(String name, String type) {
    return "  set %s {\n    type %s\n  }\n".formatted(name, type);
  }

  /** What no clause accepts; {@code AUDIT} lets it go on as if one did. */
  private static List<Rule> end(Direction direction, Mode mode) {
    String counters = "counter name \"" + PolicyObjects.dropped(direction) + "\" counter";
    return List.of(
        Rule.of("jump " + EXEMPT), Rule.of(mode == Mode.ENFORCE ? counters + " drop" : counters));
  }

  /** What matches the other end, with a blank behind it; nothing for everyone. */
  private static String peer(Peer peer, Direction direction, Set<String> sets) {
    if (peer instanceof Peer.Addresses addresses) {
      sets.add(addresses.set());
      return "%s %s @%s ".formatted(ip(addresses.family()), other(direction), addresses.set());
    }
    if (peer instanceof Peer.AddressesWithPorts addresses) {
      sets.add(addresses.set());
      return "%s %s . meta l4proto . th dport @%s "
          .formatted(ip(addresses.family()), other(direction), addresses.set());
    }
    if (peer instanceof Peer.Range range) {
      range.exceptSet().ifPresent(sets::add);
      return range(range, other(direction));
    }
    return "";
  }

  private static String range(Peer.Range range, String field) {
    Family family = range.cidr().family();
    String match =
        range.cidr().prefixLength() == 0
            ? "meta nfproto ipv" + family.version() + " "
            : "%s %s %s ".formatted(ip(family), field, range.cidr());
    if (!range.except().isEmpty()) {
      String except = range.except().stream().map(Cidr::toString).collect(Collectors.joining(", "));
      match += "%s %s != { %s } ".formatted(ip(family), field, except);
    }
    return match
        + range
            .exceptSet()
            .map(set -> "%s %s != @%s ".formatted(ip(family), field, set))
            .orElse("");
  }

  /** What matches the ports of each protocol, with a blank behind it; one of nothing for all. */
  private static List<String> ports(List<PortRange> ports) {
    if (ports.isEmpty()) {
      return List.of("");
    }
    List<String> matches = new ArrayList<>();
    for (Protocol protocol : Protocol.values()) {
      List<PortRange> merged =
          PortRanges.merged(ports.stream().filter(range -> range.protocol() == protocol).toList());
      if (!merged.isEmpty()) {
        matches.add(ports(protocol, merged));
      }
    }
    return matches;
  }

  private static String ports(Protocol protocol, List<PortRange> merged) {
    PortRange first = merged.get(0);
    if (first.first() == 0 && first.last() == PortRanges.LAST) {
      return "meta l4proto " + protocol.number() + " ";
    }
    String numbers =
        merged.stream()
            .map(
                range ->
                    range.first() == range.last()
                        ? Integer.toString(range.first())
                        : range.first() + "-" + range.last())
            .collect(Collectors.joining(", "));
    return merged.size() == 1
        ? "%s dport %s ".formatted(protocol, numbers)
        : "%s dport { %s } ".formatted(protocol, numbers);
  }

  private static String ip(Family family) {
    return family == Family.IPV4 ? "ip" : "ip6";
  }

  private static String type(Family family) {
    return "ipv" + family.version() + "_addr";
  }

  /** The header field that has the address of this node's pod. */
  private static String own(Direction direction) {
    return direction == Direction.INGRESS ? "daddr" : "saddr";
  }

  private static String other(Direction direction) {
    return direction == Direction.INGRESS ? "saddr" : "daddr";
  }
}
