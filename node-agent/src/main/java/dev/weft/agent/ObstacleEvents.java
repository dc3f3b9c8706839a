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
import java.util.Optional;
import java.util.Set;
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
          AgentHttp.METRICS_PORT_TAKEN);

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
    now.stream()
        .filter(obstacle -> !told.contains(obstacle))
        .forEach(obstacle -> event.accept(obstacle.reason(), obstacle.message()));
    told = now;
  }
}
