// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Addresses;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.node.Blocker;
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
 * @param allocations those that overlap an older one or have an endpoint that is not used, or that
 *     have a condition of it
 * @param networks the nodes whose agent serves a block or that report a lost one
 */
record PassResult(
    Map<String, OfPool> pools,
    Map<String, OfAllocation> allocations,
    Map<String, NodeNetwork> networks) {
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
   * What other nodes do not use of an allocation.
   *
   * @param uid of the allocation
   * @param olderBlock the older one that it overlaps; empty: none
   * @param endpoint why its endpoint is not used; empty: it is
   */
  record OfAllocation(String uid, Optional<Block> olderBlock, Optional<Blocker> endpoint) {}

  /**
   * The result of a pass.
   *
   * @param endpoints why an allocation's endpoint is not used, by the allocation's name
   */
  static PassResult of(
      ClusterSnapshot seen,
      AllocationPlan plan,
      Map<String, Blocker> endpoints,
      Map<String, NodeNetwork> networks) {
    return new PassResult(
        seen.pools().stream()
            .map(pool -> ofPool(pool, seen, plan))
            .collect(
                Collectors.toMap(one -> one.seen().getMetadata().getName(), Function.identity())),
        allocations(seen, plan, endpoints),
        networks);
  }

  private static OfPool ofPool(IPPool pool, ClusterSnapshot seen, AllocationPlan plan) {
    String name = pool.getMetadata().getName();
    return new OfPool(
        pool,
        seen.mapped(pool).layout(),
        plan.pools().get(name),
        PoolStatuses.addresses(seen.blocksOf(name)));
  }

  private static Map<String, OfAllocation> allocations(
      ClusterSnapshot seen, AllocationPlan plan, Map<String, Blocker> endpoints) {
    return seen.everyAllocation().stream()
        .map(
            allocation ->
                Map.entry(
                    allocation,
                    new OfAllocation(
                        allocation.getMetadata().getUid(),
                        seen.cidrOf(name(allocation)).map(plan.overlapping()::get),
                        Optional.ofNullable(endpoints.get(name(allocation))))))
        .filter(
            one ->
                one.getValue().olderBlock().isPresent()
                    || one.getValue().endpoint().isPresent()
                    || has(one.getKey(), Conditions.OVERLAPPING)
                    || has(one.getKey(), Conditions.ENDPOINT_ACCEPTED))
        .collect(Collectors.toMap(one -> name(one.getKey()), Map.Entry::getValue));
  }

  private static String name(IPAllocation allocation) {
    return allocation.getMetadata().getName();
  }

  private static boolean has(IPAllocation allocation, String condition) {
    return ResourceMapper.condition(allocation, condition).isPresent();
  }
}
