// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The pools that lists and watches reported. Not thread-safe. */
final class PoolTable {
  private final Map<String, PoolRange> pools = new HashMap<>();
  private final Set<String> lost = new HashSet<>();

  /** Takes a pool; returns whether it is new or another than before. */
  boolean upsert(PoolRange pool) {
    boolean wasLost = lost.remove(pool.name());
    return !pool.equals(pools.put(pool.name(), pool)) || wasLost;
  }

  void delete(String name) {
    if (pools.containsKey(name)) {
      lost.add(name);
    }
  }

  /**
   * Forgets the pools that are in no list any more and that no block lies in.
   *
   * @param isUsed whether a block lies in a range
   */
  void forgetUnused(Predicate<Cidr> isUsed) {
    lost.removeIf(name -> !isUsed.test(pools.get(name).cidr()) && pools.remove(name) != null);
  }

  /** What is masqueraded. */
  Masquerade masquerade() {
    return new Masquerade(
        pools.values().stream()
            .filter(PoolRange::masquerade)
            .map(PoolRange::cidr)
            .collect(Collectors.toSet()),
        pools.values().stream().map(PoolRange::cidr).collect(Collectors.toSet()));
  }

  /** The families that a node with these labels may get blocks of. */
  Set<Family> families(Map<String, String> nodeLabels) {
    return pools.values().stream()
        .filter(pool -> !pool.disabled() && !lost.contains(pool.name()))
        .filter(pool -> pool.nodeSelector().matches(nodeLabels))
        .map(pool -> pool.cidr().family())
        .collect(Collectors.toSet());
  }

  List<Cidr> reserved() {
    return pools.values().stream().flatMap(pool -> pool.reserved().stream()).toList();
  }

  /** The pool that a block lies in, where that pool is disabled. */
  Optional<PoolRange> disabled(Cidr block) {
    return pools.values().stream()
        .filter(pool -> pool.disabled() && pool.cidr().contains(block))
        .findFirst();
  }
}
