// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.Acceptance.Kind;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Decides which range of each pool is in force: the declared one at first, and from then on only
 * what overlaps nothing else. Older pools come first. A range of which there are blocks stays in
 * force whatever is declared or comes to overlap it: its blocks are in use.
 */
final class Acceptances {
  private final Collection<Cidr> serviceCidrs;
  private final Set<String> inUse = new HashSet<>();
  private final Map<Pool, Cidr> ranges = new LinkedHashMap<>();

  private Acceptances(ClusterState state) {
    this.serviceCidrs = state.serviceCidrs();
    state.blocks().stream()
        .filter(block -> block.state() != Block.State.CLAIMED)
        .forEach(block -> inUse.add(block.pool()));
  }

  /** The acceptance of each pool. */
  static Map<Pool, Acceptance> of(ClusterState state) {
    Acceptances acceptances = new Acceptances(state);
    state.pools().stream()
        .sorted(Pool.BY_AGE)
        .forEach(
            pool ->
                acceptances.soFar(pool).ifPresent(range -> acceptances.ranges.put(pool, range)));
    Map<Pool, Acceptance> result = new HashMap<>();
    state.pools().stream()
        .sorted(Pool.BY_AGE)
        .forEach(
            pool -> {
              Acceptance acceptance = acceptances.judge(pool);
              acceptances.ranges.remove(pool);
              acceptance.range().ifPresent(range -> acceptances.ranges.put(pool, range));
              result.put(pool, acceptance);
            });
    return result;
  }

  /**
   * The range in force so far. Where none is known, blocks of the pool report that there was one.
   */
  private Optional<Cidr> soFar(Pool pool) {
    return inUse.contains(pool.name()) ? pool.accepted().or(() -> declared(pool)) : pool.accepted();
  }

  private static Optional<Cidr> declared(Pool pool) {
    return pool.layout().map(BlockLayout::cidr);
  }

  private Acceptance judge(Pool pool) {
    Optional<Cidr> before = soFar(pool).filter(range -> keeps(pool, range));
    if (declared(pool).isEmpty()) {
      return new Acceptance(before, Kind.INVALID, pool.problem());
    }
    Cidr wanted = declared(pool).get();
    if (before.equals(Optional.of(wanted))) {
      return new Acceptance(before, Kind.ACCEPTED, "spec.cidr is the range in force");
    }
    if (before.isPresent() && !wanted.contains(before.get())) {
      String message =
          "spec.cidr %s does not hold %s, of which there are blocks; that range stays in force"
              .formatted(wanted, before.get());
      return new Acceptance(before, Kind.NOT_CONTAINING, message);
    }
    Optional<String> overlap = overlap(pool, wanted);
    if (overlap.isEmpty()) {
      return new Acceptance(Optional.of(wanted), Kind.ACCEPTED, "spec.cidr is the range in force");
    }
    String kept =
        before
            .map(
                " %s stays in force; set spec.cidr back to it or to another that holds it"
                    ::formatted)
            .orElse(" choose another range");
    return new Acceptance(before, Kind.OVERLAPPING, overlap.get() + ";" + kept);
  }

  /** Whether a range so far stays if another is declared: it is in use, or overlaps nothing. */
  private boolean keeps(Pool pool, Cidr range) {
    boolean holds = declared(pool).filter(wanted -> wanted.contains(range)).isPresent();
    return inUse.contains(pool.name()) || holds && overlap(pool, range).isEmpty();
  }

  private Optional<String> overlap(Pool pool, Cidr range) {
    return ranges.entrySet().stream()
        .filter(other -> other.getKey() != pool && other.getValue().overlaps(range))
        .min(Map.Entry.comparingByKey(Pool.BY_AGE))
        .map(
            other ->
                "%s overlaps IPPool %s (%s)"
                    .formatted(range, other.getKey().name(), other.getValue()))
        .or(() -> serviceCidr(range, serviceCidrs));
  }

  /** That a range overlaps a Service CIDR; empty where it does not. */
  static Optional<String> serviceCidr(Cidr range, Collection<Cidr> serviceCidrs) {
    return Stream.of(range)
        .flatMap(one -> serviceCidrs.stream().filter(one::overlaps))
        .min(Comparator.naturalOrder())
        .map(services -> "%s overlaps the Service CIDR %s".formatted(range, services));
  }
}
