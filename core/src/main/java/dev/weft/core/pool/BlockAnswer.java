// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a request for a block comes to.
 *
 * @param request the request
 * @param block the block; empty: none
 * @param refusals the pools that were tried and allocated none, each with the reason, in order
 */
record BlockAnswer(BlockRequest request, Optional<NewBlock> block, List<Refusal> refusals) {
  /**
   * That a pool allocated no block.
   *
   * @param pool the pool
   * @param reason why, in a few words
   */
  record Refusal(Pool pool, String reason) {}

  /** Takes the lowest block of the oldest pool that has one. */
  static BlockAnswer to(BlockRequest request, Map<Pool, PoolVerdict> verdicts, PoolSpace space) {
    List<Refusal> refusals = new ArrayList<>();
    if (request.isReachable()) {
      for (Pool pool : request.pools()) {
        if (request.isAtLimit(pool)) {
          refusals.add(
              new Refusal(
                  pool,
                  "the node has %d blocks of it, as many as spec.maxBlocksPerNode lets it have"
                      .formatted(request.held().get(pool.name()))));
          continue;
        }
        PoolVerdict verdict = verdicts.get(pool);
        Optional<Cidr> block = verdict.allocates() ? space.takeLowest(pool) : Optional.empty();
        if (block.isPresent()) {
          boolean first = request.need() == BlockRequest.Need.FIRST;
          NewBlock allocated = new NewBlock(block.get(), request.node(), pool.name(), first);
          return new BlockAnswer(request, Optional.of(allocated), List.copyOf(refusals));
        }
        refusals.add(
            new Refusal(pool, verdict.allocates() ? "no block is left" : verdict.message()));
      }
    }
    return new BlockAnswer(request, Optional.empty(), List.copyOf(refusals));
  }

  /** That nothing is allocated now, for one reason in all pools. */
  static BlockAnswer none(BlockRequest request, String reason) {
    return new BlockAnswer(
        request,
        Optional.empty(),
        request.pools().stream().map(pool -> new Refusal(pool, reason)).toList());
  }

  /**
   * Why the node gets no block; empty where it gets one, or no pool offers one, or its pool reports
   * why it keeps the block that it has.
   */
  Optional<Waiting> waiting() {
    if (block.isPresent()
        || request.pools().isEmpty()
        || request.need() == BlockRequest.Need.REPLACEMENT) {
      return Optional.empty();
    }
    String reason =
        request.isReachable()
            ? request
                .need()
                .unmet(
                    request.family(),
                    refusals.stream()
                        .map(one -> "IPPool %s: %s".formatted(one.pool().name(), one.reason()))
                        .toList())
            : ("no block of IPPool %s for this node: it has no IPv%d InternalIP, so no other node"
                    + " could reach its pods; add one (kubelet --node-ip), or exclude the node by"
                    + " the pool's nodeSelector")
                .formatted(
                    String.join(", ", request.pools().stream().map(Pool::name).toList()),
                    request.family().version());
    return Optional.of(new Waiting(request.node().name(), reason));
  }
}
