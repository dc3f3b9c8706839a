// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.ClusterNode;
import dev.weft.core.pool.ReleaseStep;
import dev.weft.core.pool.RememberedBlock;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Writes what was decided about blocks that exist, each allocation by one write after the other, on
 * the very version that the decision was made from. Before a block is taken from a node that is
 * gone the node is read from the API server: caches may be old, and a leader may have slept since
 * it decided.
 */
final class AllocationWriter {
  private final AllocationPass.Output output;
  private final Overlay<IPAllocation> written;
  private final Overlay<Node> writtenNodes;
  private final BlockMemory memory;
  private final ReleaseHistory history;

  /**
   * @param written takes what the API server answers
   * @param writtenNodes takes nodes that are there though the watch did not report them
   * @param memory takes the blocks of accepted claims, and of nodes that are back
   * @param history takes which blocks were released
   */
  AllocationWriter(
      AllocationPass.Output output,
      Overlay<IPAllocation> written,
      Overlay<Node> writtenNodes,
      BlockMemory memory,
      ReleaseHistory history) {
    this.output = output;
    this.written = written;
    this.writtenNodes = writtenNodes;
    this.memory = memory;
    this.history = history;
  }

  /**
   * What was decided about a block.
   *
   * @param owner the node that has it; empty: it is not there
   * @param state its new state; empty: the one that it has
   * @param step the change of how far its release is; empty: none
   * @param release by which of its rules it is taken from its node
   */
  record Decision(
      Optional<ClusterNode> owner,
      Optional<Block.State> state,
      Optional<ReleaseStep> step,
      ReleaseRule release) {}

  /** What must hold when a block is taken from its node. */
  enum ReleaseRule {
    /** The node is gone. */
    NODE_GONE,
    /** The node gave the block back: its agent reports so in the version that is written to. */
    GIVEN_BACK
  }

  /** Writes what of a decision an allocation does not have yet. */
  void write(IPAllocation allocation, Decision decision, Instant now) {
    Optional<IPAllocation> ownership =
        AllocationStatuses.ownership(allocation, decision.owner(), decision.state());
    Optional<IPAllocationStatus> status = AllocationStatuses.of(allocation, decision, now);
    if (ownership.isEmpty() && status.isEmpty()) {
      return;
    }
    output
        .writes()
        .submit(
            "write IPAllocation " + allocation.getMetadata().getName(),
            () -> {
              Optional<IPAllocation> current = Optional.of(allocation);
              if (ownership.isPresent()) {
                current = output.writer().ownership(allocation, ownership.get());
                if (current.isPresent()) {
                  IPAllocation owned = current.get();
                  decision
                      .state()
                      .ifPresent(
                          state -> {
                            remember(owned, state);
                            event(allocation, state);
                          });
                }
              }
              if (status.isPresent() && current.isPresent()) {
                if (decision
                    .step()
                    .filter(one -> one.to() == Block.Release.RELEASING)
                    .isPresent()) {
                  require(decision.release(), allocation, now);
                }
                current = output.writer().release(current.get(), status.get());
                if (current.isPresent()) {
                  decision.step().ifPresent(one -> event(allocation, one, decision.release()));
                }
              }
              current.ifPresent(one -> written.put(one, now));
            });
  }

  /** An allocation whose claim was accepted may be lost before the next pass sees it. */
  private void remember(IPAllocation owned, Block.State state) {
    if (state == Block.State.ACTIVE) {
      memory.put(ResourceMapper.block(owned).remembered());
    }
  }

  private void event(IPAllocation allocation, Block.State state) {
    String node = allocation.getSpec().node();
    boolean claimed = allocation.getSpec().stateInForce() == IPAllocationSpec.State.Claimed;
    switch (state) {
      case ACTIVE ->
          output
              .events()
              .normal(
                  allocation,
                  claimed ? "ClaimAccepted" : "DrainCancelled",
                  "node %s keeps the block".formatted(node));
      case DRAINING ->
          output
              .events()
              .normal(
                  allocation,
                  "Draining",
                  "node %s gives the block back once no pod has an address of it".formatted(node));
      case CLAIMED -> throw new IllegalArgumentException("a block becomes no claim");
    }
  }

  private void event(IPAllocation allocation, ReleaseStep step, ReleaseRule rule) {
    if (step.to() == Block.Release.NONE || rule == ReleaseRule.GIVEN_BACK) {
      output.events().normal(allocation, step.reason(), step.message());
    } else {
      output.events().warning(allocation, step.reason(), step.message());
    }
  }

  /**
   * Deletes an allocation that is only a claim, which counted for nobody.
   *
   * @param node whose agent made it; null: it is not there
   * @param why it is refused
   */
  void refuse(IPAllocation claim, Node node, String why) {
    output
        .writes()
        .submit(
            "delete IPAllocation " + claim.getMetadata().getName(),
            () -> {
              output.writer().delete(claim);
              output
                  .events()
                  .warning(
                      node == null ? claim : node,
                      "ClaimRefused",
                      "%s of IPPool %s does not become the block of node %s: %s"
                          .formatted(
                              claim.getSpec().cidr(),
                              claim.getSpec().pool(),
                              claim.getSpec().node(),
                              why));
            });
  }

  /**
   * Deletes an allocation whose release is over. A node that came back between its last read and
   * the deletion, and that no other leader saw, may claim its block again.
   */
  void delete(IPAllocation allocation, RememberedBlock block, ReleaseRule rule, Instant now) {
    output
        .writes()
        .submit(
            "delete IPAllocation " + allocation.getMetadata().getName(),
            () -> {
              require(rule, allocation, now);
              output.writer().delete(allocation);
              if (rule == ReleaseRule.NODE_GONE && isNodeThere(allocation, now)) {
                memory.addMissing(block);
                throw new Outdated("its node came back; its agent may claim the block");
              }
              memory.remove(List.of(block.cidr()));
              history.released(block.cidr());
              output
                  .events()
                  .normal(
                      allocation,
                      "Released",
                      "%s, last of node %s, is free again"
                          .formatted(allocation.getSpec().cidr(), allocation.getSpec().node()));
            });
  }

  private void require(ReleaseRule rule, IPAllocation allocation, Instant now) {
    if (rule == ReleaseRule.NODE_GONE && isNodeThere(allocation, now)) {
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
