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

/**
 * How far the releases of blocks are whose node is gone: first a grace, then the release, in which
 * agents remove its routes, then the end. A node that comes back before the end has its block back.
 * The clock is in the blocks themselves, so it survives restarts.
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

  static Releases of(Collection<Block> blocks, NodeIndex nodes, ReleaseTimes times, Instant now) {
    Map<Cidr, ClusterNode> owners = new HashMap<>();
    blocks.forEach(
        block -> nodes.find(block.owner()).ifPresent(node -> owners.put(block.cidr(), node)));
    List<ReleaseProgress> progress =
        blocks.stream().map(block -> ReleaseProgress.of(block, nodes, times, now)).toList();
    return new Releases(
        Map.copyOf(owners),
        progress.stream().flatMap(one -> one.step().stream()).toList(),
        progress.stream().flatMap(one -> one.over().stream()).toList(),
        progress.stream().flatMap(one -> one.wakeAt().stream()).min(Comparator.naturalOrder()));
  }
}
