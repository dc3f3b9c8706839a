// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Sha256;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What one policy gives to groups: its clauses for one kind of pods, and their sets. */
final class Piece {
  final Policies.Active policy;
  final PolicyCompiler.Kind kind;
  final List<Clause> clauses;

  /** Of the clauses; where they are more than a group may have, of some. */
  final Size size;

  /** Whether it alone has more members than all sets may have: some sets are missing. */
  final boolean tooManyElements;

  /** Of the clauses; empty where there are none. */
  final byte[] digest;

  /**
   * What clauses of a range have because of the nodes.
   *
   * @param means whether the range means gateways that are not in it
   * @param excepts whether it does not mean gateways that are in it
   */
  private record OfGateways(boolean means, boolean excepts) {}

  private final PodSets podSets;
  private final List<PodSets.Entry> sets = new ArrayList<>();
  private final List<Span.Range> ranges;
  private final List<OfGateways> gateways;
  private int users;

  /**
   * Compiles it and fills its sets; to be {@link #drop dropped}.
   *
   * @param maxElements where all sets in memory have more members no further one is filled
   */
  Piece(
      Policies.Active policy,
      PolicyCompiler.Kind kind,
      ClusterNodes nodes,
      PodSets podSets,
      PolicyTable.Bounds bounds,
      int maxElements) {
    Compiled compiled = PolicyCompiler.compile(policy.policy(), kind, nodes, bounds);
    this.policy = policy;
    this.kind = kind;
    this.podSets = podSets;
    clauses = compiled.tooLarge() ? List.of() : compiled.clauses();
    size = compiled.size();
    ranges = List.copyOf(compiled.ranges());
    gateways = gateways(nodes);
    boolean full = false;
    if (!compiled.tooLarge()) {
      for (MemberSource source : compiled.sources()) {
        full = full || podSets.inMemory() > maxElements;
        if (!full) {
          sets.add(podSets.keep(source));
        }
      }
    }
    tooManyElements = full || podSets.inMemory() > maxElements;
    digest = clauses.isEmpty() ? new byte[0] : Sha256.of(text().getBytes(StandardCharsets.UTF_8));
  }

  boolean isUsed() {
    return users > 0;
  }

  /** How many members its sets have. */
  int elements() {
    return sets.stream().mapToInt(PodSets.Entry::size).sum();
  }

  void use() {
    if (users++ == 0) {
      sets.forEach(podSets::use);
    }
  }

  void unuse() {
    if (--users == 0) {
      sets.forEach(podSets::unuse);
    }
  }

  void drop() {
    sets.forEach(podSets::release);
    sets.clear();
  }

  /** Whether its clauses are others now that these nodes were, or are, others than before. */
  boolean isChangedBy(List<PolicyNode> changed, ClusterNodes nodes) {
    return ranges.stream().anyMatch(range -> ClusterNodes.concerns(changed, range))
        && !gateways.equals(gateways(nodes));
  }

  private List<OfGateways> gateways(ClusterNodes nodes) {
    return ranges.stream()
        .map(
            range ->
                new OfGateways(!nodes.meantBy(range).isEmpty(), !nodes.excepted(range).isEmpty()))
        .toList();
  }

  /** Unambiguous, as long as no name has a line's end. A rule's ports are in it as their digest. */
  private String text() {
    StringBuilder text = new StringBuilder();
    List<PortRange> ports = List.of();
    String digest = "";
    for (Clause clause : clauses) {
      text.append(clause.policy()).append(' ').append(clause.rule()).append(' ');
      Peer peer = clause.peer();
      if (peer instanceof Peer.Addresses set) {
        text.append(set.set());
      } else if (peer instanceof Peer.AddressesWithPorts set) {
        text.append(set.set());
      } else if (peer instanceof Peer.Range range) {
        text.append(range.cidr());
        for (Cidr except : range.except()) {
          text.append('-').append(except);
        }
        range.exceptSet().ifPresent(set -> text.append('-').append(set));
      } else {
        text.append('*');
      }
      if (clause.ports() != ports) {
        ports = clause.ports();
        digest = ports.isEmpty() ? "" : digest(ports);
      }
      text.append(' ').append(digest).append('\n');
    }
    return text.toString();
  }

  private static String digest(List<PortRange> ports) {
    StringBuilder text = new StringBuilder();
    for (PortRange port : ports) {
      text.append(' ').append(port.protocol()).append(' ').append(port.first());
      text.append('-').append(port.last());
    }
    return MemberSource.digest(text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
