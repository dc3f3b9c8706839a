// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

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
  private final AllocationPass.Output output;
  private final Overlay<IPAllocation> written;
  private final Overlay<Node> writtenNodes;
  private final ClaimStore claims;

  /**
   * @param written takes what the API server answers
   * @param writtenNodes takes nodes that are there though the watch did not report them
   * @param claims takes the claims of nodes that are back
   */
  AllocationWriter(
      AllocationPass.Output output,
      Overlay<IPAllocation> written,
      Overlay<Node> writtenNodes,
      ClaimStore claims) {
    this.output = output;
    this.written = written;
    this.writtenNodes = writtenNodes;
    this.claims = claims;
  }

  /** Writes a block's owner, and how far its release is, where that differs. */
  void write(
      IPAllocation allocation,
      Optional<ClusterNode> owner,
      Optional<ReleaseStep> step,
      Instant now) {
    Optional<Map<String, String>> annotations =
        owner.flatMap(node -> AllocationStatuses.annotations(allocation, node));
    Optional<IPAllocationStatus> status = AllocationStatuses.of(allocation, step, now);
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
                if (step.filter(one -> one.to() == Block.Release.RELEASING).isPresent()) {
                  requireNodeGone(allocation, now);
                }
                current = output.writer().release(current.get(), status.get());
                if (current.isPresent()) {
                  step.ifPresent(one -> event(allocation, one));
                }
              }
              current.ifPresent(one -> written.put(one, now));
            });
  }

  private void event(IPAllocation allocation, ReleaseStep step) {
    if (step.to() == Block.Release.NONE) {
      output.events().normal(allocation, step.reason(), step.message());
    } else {
      output.events().warning(allocation, step.reason(), step.message());
    }
  }

  /**
   * Deletes an allocation whose release is over. A node that came back between its last read and
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
                claims.addMissing(List.of(claim));
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
          "node %s is there: its block is not released".formatted(allocation.getSpec().node()));
    }
  }

  private boolean isNodeThere(IPAllocation allocation, Instant now) {
    Optional<Node> node =
        output
            .writer()
            .node(allocation.getSpec().node())
            .filter(there -> ResourceMapper.node(there).owns(ResourceMapper.owner(allocation)));
    node.ifPresent(there -> writtenNodes.put(there, now));
    return node.isPresent();
  }
}
