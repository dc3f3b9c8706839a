// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Makes pools for agents' tests. */
final class PoolRanges {
  private PoolRanges() {}

  /** A pool whose range is in force. */
  static PoolRange accepted(String name, String cidr) {
    return of(name, cidr, cidr);
  }

  /** A pool with this range in force, which may be another than the declared. */
  static PoolRange of(String name, String declared, String inForce) {
    return new PoolRange(
        name,
        Cidr.parse(declared),
        Optional.of(Cidr.parse(inForce)),
        true,
        List.of(),
        true,
        Selector.ALL,
        true);
  }

  /** A pool that the operator has not decided on, or whose status was lost. */
  static PoolRange undecided(String name, String declared) {
    return withoutRange(name, declared, false);
  }

  /** A pool that the operator did not accept. */
  static PoolRange rejected(String name, String declared) {
    return withoutRange(name, declared, true);
  }

  private static PoolRange withoutRange(String name, String declared, boolean decided) {
    return new PoolRange(
        name, Cidr.parse(declared), Optional.empty(), decided, List.of(), true, Selector.ALL, true);
  }

  static PoolRange reserving(PoolRange pool, String... reserved) {
    return new PoolRange(
        pool.name(),
        pool.declared(),
        pool.inForce(),
        pool.decided(),
        Arrays.stream(reserved).map(Cidr::parse).toList(),
        pool.masquerade(),
        pool.nodeSelector(),
        pool.active());
  }

  static PoolRange unmasqueraded(PoolRange pool) {
    return new PoolRange(
        pool.name(),
        pool.declared(),
        pool.inForce(),
        pool.decided(),
        pool.reserved(),
        false,
        pool.nodeSelector(),
        pool.active());
  }

  /** A pool in whose declared range no node's address lies. */
  static PoolRange podsOnly(PoolRange pool) {
    return new PoolRange(
        pool.name(),
        pool.declared(),
        pool.inForce(),
        pool.decided(),
        pool.reserved(),
        pool.masquerade(),
        pool.nodeSelector(),
        pool.active(),
        pool.routing(),
        true);
  }

  static PoolRange selecting(PoolRange pool, Selector selector) {
    return new PoolRange(
        pool.name(),
        pool.declared(),
        pool.inForce(),
        pool.decided(),
        pool.reserved(),
        pool.masquerade(),
        selector,
        pool.active());
  }

  /** A pool that gives nodes no new block. */
  static PoolRange inactive(PoolRange pool) {
    return new PoolRange(
        pool.name(),
        pool.declared(),
        pool.inForce(),
        pool.decided(),
        pool.reserved(),
        pool.masquerade(),
        pool.nodeSelector(),
        false);
  }
}
