// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.http.AgentHttp;
import dev.weft.agent.install.InstallException;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Obstacle;
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
 * Tells once of each obstacle that something on this node is: what a block's life brings is none.
 */
final class ObstacleEvents {
  private static final Set<String> OF_THIS_NODE =
      Set.of(
          Obstacle.FOREIGN_ROUTE,
          Obstacle.NODE_NETWORK,
          Obstacle.FORWARD_DROP,
          BlockState.FAILED.word(),
          Obstacle.NEXT_HOP_NOT_ON_LINK,
          Obstacle.NEXT_HOP_IS_THIS_NODE,
          InstallException.OTHER_NETWORK,
          InstallException.FILE_REFUSED,
          Obstacle.OLDER_SCHEMA,
          AgentHttp.PROBE_PORT_TAKEN,
          AgentHttp.METRICS_PORT_TAKEN,
          Agent.DELETIONS_STUCK);

  /** So many of a reason are told one by one: a link that goes down concerns thousands of peers. */
  private static final int TOLD_OF_A_REASON = 5;

  private final BiConsumer<String, String> event;
  private Set<Obstacle> told = Set.of();

  /**
   * Tells nothing yet.
   *
   * @param event takes a reason and a message
   */
  ObstacleEvents(BiConsumer<String, String> event) {
    this.event = event;
  }

  /**
   * Tells what is new.
   *
   * @param others what is wrong with the files that the runtime reads, the CRDs or the agent's own
   *     ports
   */
  void check(ReconcileReport report, Collection<Obstacle> others) {
    Set<Obstacle> now = new HashSet<>(report.calculation().doubts());
    Stream.of(
            others.stream().map(Optional::of),
            report.blocks().stream().map(OwnBlock::obstacle),
            report.calculation().peers().stream().map(PeerReport::obstacle))
        .flatMap(Function.identity())
        .flatMap(Optional::stream)
        .filter(obstacle -> OF_THIS_NODE.contains(obstacle.reason()))
        .forEach(now::add);
    Map<String, SortedSet<String>> fresh = new TreeMap<>();
    now.stream()
        .filter(obstacle -> !told.contains(obstacle))
        .forEach(
            obstacle ->
                fresh
                    .computeIfAbsent(obstacle.reason(), reason -> new TreeSet<>())
                    .add(obstacle.message()));
    fresh.forEach(this::tell);
    told = now;
  }

  private void tell(String reason, SortedSet<String> messages) {
    messages.stream().limit(TOLD_OF_A_REASON).forEach(message -> event.accept(reason, message));
    if (messages.size() > TOLD_OF_A_REASON) {
      event.accept(
          reason,
          "more than %d of this kind: /readyz, /v1/blocks and /v1/peers of the node's agent list all"
              .formatted(TOLD_OF_A_REASON));
    }
  }
}
