// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.PoolVerdict.Kind;
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
    Optional<String> overlap = range.flatMap(this::overlap);
    range.ifPresent(one -> older.put(pool, one));
    Kind kind = kind(pool, range.isEmpty() || overlap.isPresent());
    String message =
        switch (kind) {
          case READY -> "blocks are allocated";
          case INVALID -> pool.problem();
          case DELETING -> "the pool is being deleted: nothing new is allocated from it";
          case OVERLAPPING -> overlap.orElse(acceptance.message());
          case DRAINING -> "spec.state is Draining: nothing new is allocated";
          case NO_NEW_BLOCKS ->
              "spec.state is NoNewBlocks (or spec.disabled true): nothing new is allocated";
        };
    Optional<BlockLayout> layout = pool.layout().flatMap(declared -> range.map(declared::within));
    return new PoolVerdict(kind, message, layout, acceptance);
  }

  private static Kind kind(Pool pool, boolean overlapping) {
    if (pool.layout().isEmpty()) {
      return Kind.INVALID;
    }
    if (pool.deleting()) {
      return Kind.DELETING;
    }
    if (overlapping) {
      return Kind.OVERLAPPING;
    }
    return switch (pool.state()) {
      case ACTIVE -> Kind.READY;
      case DRAINING -> Kind.DRAINING;
      case NO_NEW_BLOCKS -> Kind.NO_NEW_BLOCKS;
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
