// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Decides from which pools blocks are allocated. */
final class PoolVerdicts {
  private final ClusterState state;
  private final List<Pool> older = new ArrayList<>();

  private PoolVerdicts(ClusterState state) {
    this.state = state;
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
    if (pool.layout().isEmpty()) {
      return new PoolVerdict(PoolVerdict.Kind.INVALID, pool.problem());
    }
    Cidr range = pool.layout().get().cidr();
    Optional<String> overlap = overlap(range);
    older.add(pool);
    if (pool.deleting()) {
      return new PoolVerdict(
          PoolVerdict.Kind.DELETING, "the pool is being deleted: nothing new is allocated from it");
    }
    if (overlap.isPresent()) {
      return new PoolVerdict(PoolVerdict.Kind.OVERLAPPING, overlap.get());
    }
    if (pool.disabled()) {
      return new PoolVerdict(
          PoolVerdict.Kind.DISABLED, "spec.disabled is true: nothing new is allocated");
    }
    return new PoolVerdict(PoolVerdict.Kind.READY, "blocks are allocated");
  }

  private Optional<String> overlap(Cidr range) {
    return olderPool(range).or(() -> serviceCidr(range));
  }

  private Optional<String> olderPool(Cidr range) {
    return older.stream()
        .filter(pool -> pool.layout().get().cidr().overlaps(range))
        .findFirst()
        .map(
            pool ->
                "%s overlaps the older IPPool %s (%s); nothing is allocated from the newer one"
                    .formatted(range, pool.name(), pool.layout().get().cidr()));
  }

  private Optional<String> serviceCidr(Cidr range) {
    return state.serviceCidrs().stream()
        .filter(range::overlaps)
        .min(Comparator.naturalOrder())
        .map(
            services ->
                "%s overlaps the Service CIDR %s; choose another range".formatted(range, services));
  }
}
