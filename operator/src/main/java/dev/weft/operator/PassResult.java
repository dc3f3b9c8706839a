// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Addresses;
import dev.weft.api.Conditions;
import dev.weft.api.IPPool;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.BlockLayout;
import dev.weft.core.pool.PoolReport;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What an allocation pass decided, for the reconcilers of single objects, by their names. It lasts
 * until the next pass, while the caches go on: so it holds no Node, each of which would be in
 * memory twice.
 *
 * @param pools every pool
 * @param overlaps the allocations that overlap an older one, or report that they do or did
 * @param networks the nodes whose agent serves a block or that report a lost one
 */
record PassResult(
    Map<String, OfPool> pools, Map<String, Overlap> overlaps, Map<String, NodeNetwork> networks) {
  /**
   * What a pool's status is made of.
   *
   * @param seen the version that was decided on
   * @param layout its blocks; empty where it is invalid
   * @param addresses those of its blocks
   */
  record OfPool(
      IPPool seen, Optional<BlockLayout> layout, PoolReport report, Addresses addresses) {}

  /**
   * Whether an allocation overlaps an older one.
   *
   * @param uid of the allocation
   * @param winner the older one; empty: none
   */
  record Overlap(String uid, Optional<Block> winner) {}

  static PassResult of(
      ClusterSnapshot seen, AllocationPlan plan, Map<String, NodeNetwork> networks) {
    return new PassResult(
        seen.pools().stream()
            .map(pool -> ofPool(pool, seen, plan))
            .collect(
                Collectors.toMap(one -> one.seen().getMetadata().getName(), Function.identity())),
        overlaps(seen, plan),
        networks);
  }

  private static OfPool ofPool(IPPool pool, ClusterSnapshot seen, AllocationPlan plan) {
    String name = pool.getMetadata().getName();
    return new OfPool(
        pool,
        seen.mapped(pool).layout(),
        plan.pools().get(name),
        PoolStatuses.addresses(seen.allocationsOf(name)));
  }

  private static Map<String, Overlap> overlaps(ClusterSnapshot seen, AllocationPlan plan) {
    return seen.everyAllocation().stream()
        .map(
            allocation ->
                Map.entry(
                    allocation,
                    seen.cidrOf(allocation.getMetadata().getName())
                        .map(cidr -> plan.overlapping().get(cidr))))
        .filter(
            one ->
                one.getValue().isPresent()
                    || ResourceMapper.condition(one.getKey(), Conditions.OVERLAPPING).isPresent())
        .collect(
            Collectors.toMap(
                one -> one.getKey().getMetadata().getName(),
                one -> new Overlap(one.getKey().getMetadata().getUid(), one.getValue())));
  }
}
