// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.CidrSet;
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

  /**
   * Takes a pool; of one whose status was lost the range in force stays the one that was known.
   *
   * @return whether it is new or another than before
   */
  boolean upsert(PoolRange reported) {
    PoolRange before = pools.get(reported.name());
    PoolRange pool = before == null ? reported : reported.orRangeOf(before);
    boolean wasLost = lost.remove(pool.name());
    return !pool.equals(pools.put(pool.name(), pool)) || wasLost;
  }

  void delete(String name) {
    if (pools.containsKey(name)) {
      lost.add(name);
    }
  }

  /**
   * Forgets the pools that are in no list any more and that no block is of.
   *
   * @param isUsed whether a block is of the pool of this name
   */
  void forgetUnused(Predicate<String> isUsed) {
    lost.removeIf(name -> !isUsed.test(name) && pools.remove(name) != null);
  }

  /**
   * What is masqueraded, by the ranges in force.
   *
   * @param isUsed whether a block is of the pool of this name: then the pool acts although its
   *     status was lost
   */
  Masquerade masquerade(Predicate<String> isUsed) {
    Set<Cidr> masqueraded = new HashSet<>();
    Set<Cidr> all = new HashSet<>();
    for (PoolRange pool : pools.values()) {
      Optional<Cidr> range =
          pool.decided() || !isUsed.test(pool.name())
              ? pool.inForce()
              : Optional.of(pool.declared());
      range.ifPresent(all::add);
      range.filter(any -> pool.masquerade()).ifPresent(masqueraded::add);
    }
    return new Masquerade(masqueraded, all);
  }

  /** The ranges in force that no node's address lies in, as far as the operator reports. */
  CidrSet podsOnly() {
    return new CidrSet(
        pools.values().stream()
            .filter(PoolRange::podsOnly)
            .flatMap(pool -> pool.inForce().filter(pool.declared()::equals).stream())
            .toList());
  }

  /** The families that a node with these labels may get blocks of. */
  Set<Family> families(Map<String, String> nodeLabels) {
    return pools.values().stream()
        .filter(pool -> pool.active() && !lost.contains(pool.name()))
        .filter(pool -> pool.inForce().isPresent() || !pool.decided())
        .filter(pool -> pool.nodeSelector().matches(nodeLabels))
        .map(pool -> pool.declared().family())
        .collect(Collectors.toSet());
  }

  /** What no pod gets of the blocks of a pool. */
  List<Cidr> reserved(String pool) {
    return pools.containsKey(pool) ? pools.get(pool).reserved() : List.of();
  }

  /** How packets to the blocks of a pool cross between nodes. */
  Routing routing(String pool) {
    return pools.containsKey(pool) ? pools.get(pool).routing() : Routing.AUTO;
  }

  /** Whether a pool is there to stay. */
  boolean isListed(String pool) {
    return pools.containsKey(pool) && !lost.contains(pool);
  }

  /** Whether a block may be one of a pool. */
  boolean mayHold(String pool, Cidr block) {
    return pools.containsKey(pool) && pools.get(pool).mayHold(block);
  }
}
