// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.http.AgentHttp;
import dev.weft.agent.install.InstallException;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Writes an Event once for each blocker that something on this node causes: the states that every
 * block passes through are none.
 */
final class BlockerEvents {
  private static final Set<String> OF_THIS_NODE =
      Set.of(
          Blocker.FOREIGN_ROUTE,
          Blocker.NODE_NETWORK,
          Blocker.FORWARD_DROP,
          BlockState.FAILED.reason(),
          Blocker.NEXT_HOP_NOT_ON_LINK,
          Blocker.NEXT_HOP_IS_THIS_NODE,
          Blocker.DIRECT_BLOCKED,
          Blocker.TUNNEL_BLOCKED,
          InstallException.CNI_CONFIG_CONFLICT,
          InstallException.FILE_WRITE_FAILED,
          Blocker.SCHEMA_OUTDATED,
          AgentHttp.PROBE_PORT_TAKEN,
          AgentHttp.METRICS_PORT_TAKEN,
          Blockers.DELETIONS_STUCK);

  /**
   * How many Events one reason gets at a time: a link that goes down concerns thousands of peers.
   */
  private static final int EVENTS_OF_A_REASON = 5;

  private final BiConsumer<String, String> event;
  private Set<Blocker> reported = Set.of();

  /**
   * One that has reported nothing yet.
   *
   * @param event takes a reason and a message
   */
  BlockerEvents(BiConsumer<String, String> event) {
    this.event = event;
  }

  /**
   * Writes an Event for each blocker that was not there before.
   *
   * @param others what is wrong with the files that the runtime reads, the CRDs, the agent's own
   *     TCP ports or the paths to other nodes
   */
  void check(ReconcileReport report, Collection<Blocker> others) {
    Set<Blocker> now = new HashSet<>(report.calculation().warnings());
    Stream.of(
            others.stream().map(Optional::of),
            report.blocks().stream().map(OwnBlock::blocker),
            report.calculation().peers().stream().map(PeerReport::blocker))
        .flatMap(Function.identity())
        .flatMap(Optional::stream)
        .filter(blocker -> OF_THIS_NODE.contains(blocker.reason()))
        .forEach(now::add);
    Map<String, SortedSet<String>> added = new TreeMap<>();
    now.stream()
        .filter(blocker -> !reported.contains(blocker))
        .forEach(
            blocker ->
                added
                    .computeIfAbsent(blocker.reason(), reason -> new TreeSet<>())
                    .add(blocker.message()));
    added.forEach(this::report);
    reported = now;
  }

  private void report(String reason, SortedSet<String> messages) {
    messages.stream().limit(EVENTS_OF_A_REASON).forEach(message -> event.accept(reason, message));
    if (messages.size() > EVENTS_OF_A_REASON) {
      event.accept(
          reason,
          "more than %d of this kind: /readyz, /v1/blocks and /v1/peers of the node's agent list all"
              .formatted(EVENTS_OF_A_REASON));
    }
  }
}
