// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Follows blocks whose node is gone: first a grace, then the release, in which agents take its
 * routes away, then the end. A node that comes back before the end has its block back. The clock is
 * in the blocks themselves, so it survives restarts.
 */
final class Releases {
  private final ReleaseTimes times;
  private final Instant now;
  private final Map<String, ClusterNode> nodes = new HashMap<>();
  final List<ReleaseStep> steps = new ArrayList<>();
  final List<Cidr> delete = new ArrayList<>();
  final Map<Cidr, ClusterNode> holders = new HashMap<>();
  Optional<Instant> wakeAt = Optional.empty();

  private Releases(ReleaseTimes times, Instant now) {
    this.times = times;
    this.now = now;
  }

  static Releases of(ClusterState state, ReleaseTimes times, Instant now) {
    Releases releases = new Releases(times, now);
    state.nodes().forEach(node -> releases.nodes.put(node.name(), node));
    state.blocks().forEach(releases::follow);
    return releases;
  }

  /** Whether an owner's node is gone, as far as the list of nodes can be believed. */
  boolean isGone(Owner owner) {
    return !nodes.isEmpty() && holder(owner).isEmpty();
  }

  /** The node that an owner's blocks belong to now. */
  Optional<ClusterNode> holder(Owner owner) {
    return Optional.ofNullable(nodes.get(owner.node())).filter(node -> node.holds(owner));
  }

  private void follow(Block block) {
    Optional<ClusterNode> holder = holder(block.owner());
    if (holder.isPresent()) {
      holders.put(block.cidr(), holder.get());
      if (block.release() != Block.Release.HELD) {
        step(
            block,
            Block.Release.HELD,
            "NodeBack",
            "node %s is back".formatted(holder.get().name()));
      }
    } else if (nodes.isEmpty()) {
      return;
    } else if (block.release() == Block.Release.HELD) {
      lose(block);
    } else if (block.release() == Block.Release.RELEASING) {
      if (isOver(block.since(), times.hold())) {
        delete.add(block.cidr());
      }
    } else if (isOver(block.since(), times.grace())) {
      step(
          block,
          Block.Release.RELEASING,
          "GraceOver",
          "node %s did not come back within %s"
              .formatted(block.owner().node(), words(times.grace())));
      wakeAfter(now, times.hold());
    }
  }

  private void lose(Block block) {
    Owner owner = block.owner();
    String deadline = "; the block is released after %s".formatted(words(times.grace()));
    if (nodes.containsKey(owner.node())) {
      step(
          block,
          Block.Release.GRACE,
          "NodeReplaced",
          "the node %s of today is another one (UID %s, the block's is %s)%s"
              .formatted(owner.node(), nodes.get(owner.node()).uid(), owner.uid(), deadline));
    } else if (owner.machine().equals(Machine.UNKNOWN)) {
      step(
          block,
          Block.Release.GRACE,
          "NodeUnknown",
          "there is no node %s with UID %s%s".formatted(owner.node(), owner.uid(), deadline));
    } else {
      step(
          block,
          Block.Release.GRACE,
          "NodeGone",
          "node %s is gone%s".formatted(owner.node(), deadline));
    }
    wakeAfter(now, times.grace());
  }

  /** Such as 10m or 1h30m. */
  private static String words(Duration duration) {
    return duration.toString().substring(2).toLowerCase(Locale.ROOT);
  }

  private void step(Block block, Block.Release to, String reason, String message) {
    steps.add(new ReleaseStep(block.cidr(), to, reason, message));
  }

  private boolean isOver(Instant since, Duration time) {
    if (now.isBefore(since.plus(time))) {
      wakeAfter(since, time);
      return false;
    }
    return true;
  }

  private void wakeAfter(Instant since, Duration time) {
    Instant end = since.plus(time);
    wakeAt = wakeAt.filter(earlier -> earlier.isBefore(end)).or(() -> Optional.of(end));
  }
}
