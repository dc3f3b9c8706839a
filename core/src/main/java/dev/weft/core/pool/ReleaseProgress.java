// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What becomes of one block's release now.
 *
 * @param step the change of how far it is; empty: none
 * @param over the block, where its IPAllocation can be deleted
 * @param wakeAt when time alone changes the answer; empty: never
 */
record ReleaseProgress(Optional<ReleaseStep> step, Optional<Cidr> over, Optional<Instant> wakeAt) {
  private static final ReleaseProgress NONE =
      new ReleaseProgress(Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * What becomes of a block's release.
   *
   * @param returned whether its node gave it back
   */
  static ReleaseProgress of(
      Block block, NodeIndex nodes, boolean returned, ReleaseTimes times, Instant now) {
    if (!nodes.isCredible()) {
      return NONE;
    }
    boolean ownerThere = nodes.find(block.owner()).isPresent();
    return switch (block.release()) {
      case NONE ->
          returned ? give(block, times, now) : ownerThere ? NONE : lose(block, nodes, times, now);
      case GRACE -> ownerThere ? back(block) : inGrace(block, times, now);
      case RELEASING -> ownerThere && !returned ? back(block) : releasing(block, times, now);
    };
  }

  private static ReleaseProgress back(Block block) {
    boolean given =
        block.state() != Block.State.ACTIVE && block.release() == Block.Release.RELEASING;
    ReleaseStep step =
        new ReleaseStep(
            block.cidr(),
            Block.Release.NONE,
            given ? "DrainCancelled" : "NodeBack",
            given
                ? "node %s keeps the block".formatted(block.owner().node())
                : "node %s is back".formatted(block.owner().node()));
    return new ReleaseProgress(Optional.of(step), Optional.empty(), Optional.empty());
  }

  private static ReleaseProgress give(Block block, ReleaseTimes times, Instant now) {
    ReleaseStep step =
        new ReleaseStep(
            block.cidr(),
            Block.Release.RELEASING,
            "Drained",
            "node %s gave the block back: no pod has an address of it"
                .formatted(block.owner().node()));
    return new ReleaseProgress(
        Optional.of(step), Optional.empty(), Optional.of(now.plus(times.hold())));
  }

  private static ReleaseProgress lose(
      Block block, NodeIndex nodes, ReleaseTimes times, Instant now) {
    Owner owner = block.owner();
    ClusterNode successor = nodes.byName().get(owner.node());
    String reason;
    String message;
    if (successor != null) {
      reason = "NodeReplaced";
      message =
          "the node %s of today is another one (UID %s, the block's is %s)"
              .formatted(owner.node(), successor.uid(), owner.uid());
    } else if (owner.machine().equals(Machine.UNKNOWN)) {
      reason = "NodeUnknown";
      message = "there is no node %s with UID %s".formatted(owner.node(), owner.uid());
    } else {
      reason = "NodeGone";
      message = "node %s is gone".formatted(owner.node());
    }
    ReleaseStep step =
        new ReleaseStep(
            block.cidr(),
            Block.Release.GRACE,
            reason,
            "%s; the block is released after %s".formatted(message, text(times.grace())));
    return new ReleaseProgress(
        Optional.of(step), Optional.empty(), Optional.of(now.plus(times.grace())));
  }

  private static ReleaseProgress inGrace(Block block, ReleaseTimes times, Instant now) {
    Instant end = block.since().plus(times.grace());
    if (now.isBefore(end)) {
      return new ReleaseProgress(Optional.empty(), Optional.empty(), Optional.of(end));
    }
    ReleaseStep step =
        new ReleaseStep(
            block.cidr(),
            Block.Release.RELEASING,
            "GraceOver",
            "node %s did not come back within %s"
                .formatted(block.owner().node(), text(times.grace())));
    return new ReleaseProgress(
        Optional.of(step), Optional.empty(), Optional.of(now.plus(times.hold())));
  }

  private static ReleaseProgress releasing(Block block, ReleaseTimes times, Instant now) {
    Instant end = block.since().plus(times.hold());
    return now.isBefore(end)
        ? new ReleaseProgress(Optional.empty(), Optional.empty(), Optional.of(end))
        : new ReleaseProgress(Optional.empty(), Optional.of(block.cidr()), Optional.empty());
  }

  /** Such as 10m or 1h30m. */
  private static String text(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
