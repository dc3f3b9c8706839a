// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

/**
 * What a block's agent reports of it.
 *
 * @param served whether its node serves it
 * @param capacity how many addresses pods may have of it; 0 where that is not known
 * @param used how many of them pods have
 * @param pressure whether the node has few addresses left
 * @param drained whether no pod has an address of it and none gets one, in the block's present
 *     generation
 */
public record BlockReport(
    boolean served, long capacity, long used, boolean pressure, boolean drained) {
  /** Of an agent that has not reported yet. */
  public static final BlockReport NONE = new BlockReport(false, 0, 0, false, false);

  /** Whether it is served and no pod has an address of it. */
  boolean isEmpty() {
    return served && capacity > 0 && used == 0;
  }
}
