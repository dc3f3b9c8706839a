// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How far the releases of blocks are. Where the node is gone there is first a grace, then the
 * release, in which agents remove its routes, then the end; a block that its node gave back has no
 * grace. A node that comes back before the end, or keeps the block after all, has it again. The
 * clock is in the blocks themselves, so it survives restarts.
 *
 * @param owners the node of each block whose node is there
 * @param steps changes of how far releases are
 * @param delete blocks whose release is over
 * @param wakeAt when time alone changes the answer; empty: never
 */
record Releases(
    Map<Cidr, ClusterNode> owners,
    List<ReleaseStep> steps,
    List<Cidr> delete,
    Optional<Instant> wakeAt) {

  /**
   * Those of these blocks.
   *
   * @param returned blocks that their nodes gave back
   */
  static Releases of(
      Collection<Block> blocks,
      NodeIndex nodes,
      Set<Cidr> returned,
      ReleaseTimes times,
      Instant now) {
    Map<Cidr, ClusterNode> owners = new HashMap<>();
    blocks.forEach(
        block -> nodes.find(block.owner()).ifPresent(node -> owners.put(block.cidr(), node)));
    List<ReleaseProgress> progress =
        blocks.stream()
            .map(
                block ->
                    ReleaseProgress.of(block, nodes, returned.contains(block.cidr()), times, now))
            .toList();
    return new Releases(
        Map.copyOf(owners),
        progress.stream().flatMap(one -> one.step().stream()).toList(),
        progress.stream().flatMap(one -> one.over().stream()).toList(),
        progress.stream().flatMap(one -> one.wakeAt().stream()).min(Comparator.naturalOrder()));
  }
}
