// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.util.List;

/**
 * The state of a pool.
 *
 * @param verdict whether blocks are allocated from it, and why not
 * @param total how many blocks it has, without the reserved ones; 0 where the pool is invalid
 * @param allocated how many belong to a node
 * @param free how many can be allocated
 * @param owners names of the nodes that have blocks of it, in order
 * @param waiting names of the nodes that would draw from it and wait, in order
 * @param unaddressed names of the nodes that would draw from it and have no InternalIP of its
 *     family, in order
 * @param stuck names of the nodes that have blocks of it, should give them back and get none of
 *     another pool, in order
 * @param unserved names of the nodes that have blocks of it, should give them back, have others and
 *     serve none of these, in order
 * @param settling whether nothing is allocated for now, since allocations may have been lost
 * @param nodeAddresses which nodes' own addresses lie in the range, so that their blocks are not
 *     allocated; empty: none
 */
public record PoolReport(
    PoolVerdict verdict,
    long total,
    long allocated,
    long free,
    List<String> owners,
    List<String> waiting,
    List<String> unaddressed,
    List<String> stuck,
    List<String> unserved,
    boolean settling,
    String nodeAddresses) {
  /** Copies every list. */
  public PoolReport {
    owners = List.copyOf(owners);
    waiting = List.copyOf(waiting);
    unaddressed = List.copyOf(unaddressed);
    stuck = List.copyOf(stuck);
    unserved = List.copyOf(unserved);
  }

  /** Whether all nodes that would draw from it lack an address of its family. */
  public boolean reachesNobody() {
    return owners.isEmpty() && waiting.isEmpty() && !unaddressed.isEmpty();
  }

  /** Whether the pool has a range in force and no block of it is left. */
  public boolean exhausted() {
    return verdict.layout().isPresent() && free == 0;
  }
}
