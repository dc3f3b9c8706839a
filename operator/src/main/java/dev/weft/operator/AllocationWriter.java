// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.Claim;
import dev.weft.core.pool.ClusterNode;
import dev.weft.core.pool.ReleaseStep;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes what was decided about blocks that exist, each allocation by one write after the other, on
 * the very version that the decision was made from. Before a block is taken away its node is read
 * from the API server: caches may be old, and a leader may have slept since it decided.
 */
final class AllocationWriter {
  private final Round.Output output;
  private final Overlay<IPAllocation> written;
  private final Overlay<Node> writtenNodes;
  private final OwnerMemory memory;

  /**
   * @param written takes what the API server answers
   * @param writtenNodes takes nodes that are there though the watch did not tell
   * @param memory takes the claims of nodes that are back
   */
  AllocationWriter(
      Round.Output output,
      Overlay<IPAllocation> written,
      Overlay<Node> writtenNodes,
      OwnerMemory memory) {
    this.output = output;
    this.written = written;
    this.writtenNodes = writtenNodes;
    this.memory = memory;
  }

  /**
   * Writes whose a block is, and how far its release, where that differs.
   *
   * @param holder its node; null: none
   * @param step the change of its release; null: none
   * @param winner the older block that it overlaps; null: none
   */
  void tell(
      IPAllocation allocation, ClusterNode holder, ReleaseStep step, Block winner, Instant now) {
    Optional<Map<String, String>> annotations =
        Optional.ofNullable(holder)
            .flatMap(node -> AllocationStatuses.annotations(allocation, node));
    Optional<IPAllocationStatus> status = AllocationStatuses.of(allocation, step, winner, now);
    if (annotations.isEmpty() && status.isEmpty()) {
      return;
    }
    output
        .writes()
        .submit(
            "write IPAllocation " + allocation.getMetadata().getName(),
            () -> {
              Optional<IPAllocation> current = Optional.of(allocation);
              if (annotations.isPresent()) {
                current = output.writer().annotate(allocation, annotations.get());
              }
              if (status.isPresent() && current.isPresent()) {
                if (step != null && step.to() == Block.Release.RELEASING) {
                  requireNodeGone(allocation, now);
                }
                current = output.writer().status(current.get(), status.get());
                current.ifPresent(one -> say(allocation, step, winner));
              }
              current.ifPresent(one -> written.put(one, now));
            });
  }

  private void say(IPAllocation allocation, ReleaseStep step, Block winner) {
    if (step != null && step.to() == Block.Release.NONE) {
      output.events().normal(allocation, step.reason(), step.message());
    } else if (step != null) {
      output.events().warning(allocation, step.reason(), step.message());
    }
    boolean said =
        Views.condition(allocation, Conditions.OVERLAPPING)
            .filter(condition -> condition.getStatus().equals("True"))
            .isPresent();
    if (winner != null && !said) {
      output
          .events()
          .warning(
              allocation,
              "Overlapping",
              "overlaps the older %s of node %s and is not used"
                  .formatted(winner.cidr(), winner.owner().node()));
    }
  }

  /**
   * Deletes an allocation whose release is over. A node that came back between the last look and
   * the deletion, and that no other leader saw, has its block restored.
   */
  void delete(IPAllocation allocation, Claim claim, Instant now) {
    output
        .writes()
        .submit(
            "delete IPAllocation " + allocation.getMetadata().getName(),
            () -> {
              requireNodeGone(allocation, now);
              output.writer().delete(allocation);
              if (isNodeThere(allocation, now)) {
                memory.recall(List.of(claim));
                throw new Outdated("its node came back; the block is restored");
              }
              output
                  .events()
                  .normal(
                      allocation,
                      "Released",
                      "%s, last of node %s, is free again"
                          .formatted(allocation.getSpec().cidr(), allocation.getSpec().node()));
            });
  }

  private void requireNodeGone(IPAllocation allocation, Instant now) {
    if (isNodeThere(allocation, now)) {
      throw new Outdated(
          "node %s is there: its block is not taken away".formatted(allocation.getSpec().node()));
    }
  }

  private boolean isNodeThere(IPAllocation allocation, Instant now) {
    Optional<Node> node =
        output
            .writer()
            .node(allocation.getSpec().node())
            .filter(there -> Views.node(there).owns(Views.owner(allocation)));
    node.ifPresent(there -> writtenNodes.put(there, now));
    return node.isPresent();
  }
}
