// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.agent.dataplane.policy.RuleCount;
import dev.weft.core.label.Selector;
import dev.weft.core.label.Selector.Requirement;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PodPolicies;
import dev.weft.core.policy.PodPolicies.Accept;
import dev.weft.core.policy.PodPolicies.Side;
import dev.weft.core.policy.PolicyMode;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A pod's effective rules as lines, with what the kernel counted. */
final class PolicyReport {
  private static final int LAST_PORT = 65_535;

  /** Of a rule; the rest is a number. */
  private static final int RANGES_SHOWN = 5;

  private final PodPolicies pod;
  private final List<RuleCount> counts;
  private final PolicyMode mode;

  PolicyReport(PodPolicies pod, List<RuleCount> counts, PolicyMode mode) {
    this.pod = pod;
    this.counts = counts;
    this.mode = mode;
  }

  List<PolicyRow> rows() {
    List<PolicyRow> rows = new ArrayList<>();
    pod.sides().forEach(side -> side(side, rows));
    return rows;
  }

  private void side(Side side, List<PolicyRow> rows) {
    String direction = side.direction().toString();
    if (side.group().isEmpty()) {
      rows.add(row(direction, "accept", "", "", "anyone: no policy selects the pod", ""));
      return;
    }
    for (Accept accept : side.accepts()) {
      PolicyProgram.Clause clause = accept.accepted();
      Optional<RuleCount> count = count(side, OptionalInt.of(accept.clause()));
      rows.add(
          new PolicyRow(
              direction,
              "accept",
              clause.policy(),
              String.valueOf(clause.rule()),
              peer(accept),
              ports(clause),
              packets(count),
              bytes(count)));
    }
    Optional<RuleCount> rest = count(side, OptionalInt.empty());
    String why =
        side.closed().map(reason -> "anyone: the pod is closed: " + reason).orElse("anyone else");
    rows.add(
        new PolicyRow(
            direction,
            mode == PolicyMode.AUDIT ? "count" : "drop",
            String.join(",", side.policies()),
            "",
            why,
            "",
            packets(rest),
            bytes(rest)));
  }

  private static PolicyRow row(
      String direction, String verdict, String policy, String rule, String peer, String ports) {
    return new PolicyRow(
        direction, verdict, policy, rule, peer, ports, OptionalLong.empty(), OptionalLong.empty());
  }

  private Optional<RuleCount> count(Side side, OptionalInt clause) {
    return counts.stream()
        .filter(count -> count.direction() == side.direction())
        .filter(count -> count.group().equals(side.group().orElseThrow()))
        .filter(count -> count.clause().equals(clause))
        .findFirst();
  }

  private static OptionalLong packets(Optional<RuleCount> count) {
    return count.map(is -> OptionalLong.of(is.packets())).orElse(OptionalLong.empty());
  }

  private static OptionalLong bytes(Optional<RuleCount> count) {
    return count.map(is -> OptionalLong.of(is.bytes())).orElse(OptionalLong.empty());
  }

  private static String peer(Accept accept) {
    PolicyProgram.Peer peer = accept.accepted().peer();
    if (peer instanceof PolicyProgram.Peer.Range range) {
      return range.cidr() + (range.except().isEmpty() ? "" : " except " + some(range.except()));
    }
    if (peer instanceof PolicyProgram.Peer.Addresses some) {
      return set(accept, some.family().version());
    }
    if (peer instanceof PolicyProgram.Peer.AddressesWithPorts some) {
      return set(accept, some.family().version());
    }
    return "anyone";
  }

  private static String set(Accept accept, int version) {
    List<PolicyPeer> peers = accept.peers();
    boolean hosts = peers.size() > 1 && peers.stream().allMatch(PolicyPeer.Range.class::isInstance);
    String who =
        hosts
            ? some(peers.stream().map(peer -> ((PolicyPeer.Range) peer).cidr()).toList())
            : peers.stream().map(PolicyReport::text).distinct().collect(Collectors.joining("; "));
    return "%s (%d of IPv%d)".formatted(who.isEmpty() ? "pods" : who, accept.members(), version);
  }

  private static String some(List<Cidr> ranges) {
    String first =
        ranges.stream().limit(RANGES_SHOWN).map(Cidr::toString).collect(Collectors.joining(","));
    int more = ranges.size() - RANGES_SHOWN;
    return more > 0 ? first + " and %d more".formatted(more) : first;
  }

  private static String text(PolicyPeer peer) {
    if (peer instanceof PolicyPeer.Range range) {
      return "gateways of nodes in " + range.cidr();
    }
    return pods((PolicyPeer.Pods) peer);
  }

  private static String pods(PolicyPeer.Pods pods) {
    String some = labels(pods.pods());
    String who = some.isEmpty() ? "pods" : "pods " + some;
    if (pods.namespaces().isEmpty()) {
      return who;
    }
    String namespaces = labels(pods.namespaces().get());
    return who + (namespaces.isEmpty() ? " of every namespace" : " of namespaces " + namespaces);
  }

  private static String labels(Selector selector) {
    List<String> parts = new ArrayList<>();
    new TreeMap<>(selector.labels()).forEach((key, value) -> parts.add(key + "=" + value));
    selector.requirements().forEach(one -> parts.add(text(one)));
    return String.join(",", parts);
  }

  private static String text(Requirement one) {
    String values = String.join(",", one.values());
    return switch (one.operator()) {
      case IN -> "%s in (%s)".formatted(one.key(), values);
      case NOT_IN -> "%s notin (%s)".formatted(one.key(), values);
      case EXISTS -> one.key();
      case DOES_NOT_EXIST -> "!" + one.key();
    };
  }

  private static String ports(PolicyProgram.Clause clause) {
    if (clause.peer() instanceof PolicyProgram.Peer.AddressesWithPorts) {
      return "as named by each";
    }
    return clause.ports().stream().map(PolicyReport::text).collect(Collectors.joining(","));
  }

  private static String text(PortRange range) {
    if (range.first() == 0 && range.last() == LAST_PORT) {
      return range.protocol().toString();
    }
    String numbers =
        range.first() == range.last()
            ? String.valueOf(range.first())
            : range.first() + "-" + range.last();
    return range.protocol() + "/" + numbers;
  }

  /**
   * What no policy accepted, of each group where that is something, the most packets first.
   *
   * @param names of this node's pods, by address
   */
  static List<PolicyItem> drops(
      PolicyProgram program,
      List<RuleCount> counts,
      Map<IpAddress, String> names,
      PolicyMode mode) {
    return counts.stream()
        .filter(count -> count.clause().isEmpty() && count.packets() > 0)
        .sorted(Comparator.comparing(RuleCount::packets).reversed())
        .map(
            count ->
                new PolicyItem(
                    mode == PolicyMode.AUDIT ? "count" : "drop",
                    count.direction() + " " + count.group(),
                    String.valueOf(count.packets()),
                    "packets that no policy accepts, of " + pods(program, count, names)))
        .toList();
  }

  private static String pods(PolicyProgram program, RuleCount count, Map<IpAddress, String> names) {
    Map<IpAddress, String> groups =
        count.direction() == Direction.INGRESS ? program.ingress() : program.egress();
    String pods =
        groups.entrySet().stream()
            .filter(entry -> entry.getValue().equals(count.group()))
            .map(entry -> names.getOrDefault(entry.getKey(), entry.getKey().toString()))
            .distinct()
            .sorted()
            .collect(Collectors.joining(","));
    return pods.isEmpty() ? "pods that are gone" : pods;
  }

  /** Every own pod's address with its groups, every group and set. */
  static List<PolicyItem> items(PolicyProgram program) {
    List<PolicyItem> items = new ArrayList<>();
    Map<IpAddress, String> pods = new TreeMap<>();
    program.ingress().forEach((address, group) -> pods.put(address, "ingress " + group));
    program
        .egress()
        .forEach(
            (address, group) ->
                pods.merge(address, "egress " + group, (one, other) -> one + ", " + other));
    pods.forEach(
        (address, groups) -> items.add(new PolicyItem("pod", address.toString(), "", groups)));
    new TreeMap<>(program.groups())
        .forEach(
            (name, group) ->
                items.add(
                    new PolicyItem(
                        "group",
                        name,
                        String.valueOf(group.clauses().size()),
                        group.clauses().stream()
                            .map(PolicyProgram.Clause::policy)
                            .distinct()
                            .collect(Collectors.joining(",")))));
    new TreeMap<>(program.sets())
        .forEach(
            (name, set) ->
                items.add(
                    new PolicyItem(
                        "set",
                        name,
                        String.valueOf(set.members().size()),
                        "IPv" + set.family().version())));
    return items;
  }
}
