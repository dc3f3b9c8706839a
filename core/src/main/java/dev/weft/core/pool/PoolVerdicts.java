// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Decides from which pools blocks are allocated. */
final class PoolVerdicts {
  private final ClusterState state;
  private final Map<Pool, Acceptance> acceptances;
  private final Map<Pool, Cidr> older = new LinkedHashMap<>();

  private PoolVerdicts(ClusterState state) {
    this.state = state;
    this.acceptances = Acceptances.of(state);
  }

  /** The verdict on each pool, oldest pool first. */
  static Map<Pool, PoolVerdict> of(ClusterState state) {
    PoolVerdicts verdicts = new PoolVerdicts(state);
    Map<Pool, PoolVerdict> result = new LinkedHashMap<>();
    state.pools().stream()
        .sorted(Pool.BY_AGE)
        .forEach(pool -> result.put(pool, verdicts.judge(pool)));
    return result;
  }

  private PoolVerdict judge(Pool pool) {
    Acceptance acceptance = acceptances.get(pool);
    Optional<Cidr> range = acceptance.range();
    Optional<String> overlap = range.isEmpty() ? Optional.empty() : overlap(range.get());
    range.ifPresent(one -> older.put(pool, one));
    Optional<BlockLayout> layout = pool.layout().flatMap(declared -> range.map(declared::within));
    if (pool.layout().isEmpty()) {
      return new PoolVerdict(PoolVerdict.Kind.INVALID, pool.problem(), layout, acceptance);
    }
    if (pool.deleting()) {
      String message = "the pool is being deleted: nothing new is allocated from it";
      return new PoolVerdict(PoolVerdict.Kind.DELETING, message, layout, acceptance);
    }
    if (range.isEmpty()) {
      return new PoolVerdict(
          PoolVerdict.Kind.OVERLAPPING, acceptance.message(), layout, acceptance);
    }
    if (overlap.isPresent()) {
      return new PoolVerdict(PoolVerdict.Kind.OVERLAPPING, overlap.get(), layout, acceptance);
    }
    return switch (pool.state()) {
      case DRAINING ->
          new PoolVerdict(
              PoolVerdict.Kind.DRAINING,
              "spec.state is Draining: nothing new is allocated",
              layout,
              acceptance);
      case NO_NEW_BLOCKS ->
          new PoolVerdict(
              PoolVerdict.Kind.NO_NEW_BLOCKS,
              "spec.state is NoNewBlocks: nothing new is allocated",
              layout,
              acceptance);
      case ACTIVE ->
          new PoolVerdict(PoolVerdict.Kind.READY, "blocks are allocated", layout, acceptance);
    };
  }

  private Optional<String> overlap(Cidr range) {
    return older.entrySet().stream()
        .filter(pool -> pool.getValue().overlaps(range))
        .findFirst()
        .map(
            pool ->
                "%s overlaps the older IPPool %s (%s); nothing is allocated from the newer one"
                    .formatted(range, pool.getKey().name(), pool.getValue()))
        .or(
            () ->
                Acceptances.serviceCidr(range, state.serviceCidrs())
                    .map(problem -> problem + "; choose another range"));
  }
}
