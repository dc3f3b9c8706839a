// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.core.net.CidrSet;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Endpoints;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.Block;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which allocations' endpoints the agents of other nodes do not use, by the agents' own rules.
 * Keeps what it read of each allocation until that changes or goes. For the allocation pass alone.
 */
final class ReportedEndpoints {
  /** What an allocation reports. */
  private record Read(IPAllocation allocation, Endpoint endpoint) {}

  private Map<String, Read> read = Map.of();

  /** Why an allocation's endpoint is not used, by the allocation's name. */
  Map<String, Blocker> refused(ClusterSnapshot seen, AllocationPlan plan) {
    List<Block> used =
        seen.blocks().stream()
            .filter(block -> block.state() != Block.State.CLAIMED)
            .filter(block -> block.release() != Block.Release.RELEASING)
            .filter(block -> !plan.overlapping().containsKey(block.cidr()))
            .toList();
    CidrSet podsOnly = podsOnly(seen);
    Endpoints endpoints = new Endpoints(new CidrSet(used.stream().map(Block::cidr).toList()));
    Map<String, Read> now = new HashMap<>();
    for (Block block : used) {
      IPAllocation allocation = seen.allocations().get(block.cidr());
      Read one = read(allocation);
      now.put(allocation.getMetadata().getName(), one);
      endpoints.add(block.owner().node(), one.endpoint());
    }
    read = now;
    Map<String, Blocker> refused = new HashMap<>();
    now.forEach(
        (name, one) ->
            endpoints
                .refused(one.endpoint().outside(podsOnly))
                .or(() -> endpoints.warning(one.endpoint()))
                .ifPresent(blocker -> refused.put(name, blocker)));
    return refused;
  }

  /** As the agents do: by what the pools' statuses report. */
  private static CidrSet podsOnly(ClusterSnapshot seen) {
    return new CidrSet(
        seen.pools().stream()
            .filter(pool -> pool.getStatus() != null && pool.getStatus().overlapsNothing())
            .map(seen::mapped)
            .flatMap(pool -> pool.accepted().filter(pool::declares).stream())
            .toList());
  }

  private Read read(IPAllocation allocation) {
    Read before = read.get(allocation.getMetadata().getName());
    return before != null && before.allocation() == allocation
        ? before
        : new Read(allocation, ResourceMapper.endpoint(allocation));
  }
}
