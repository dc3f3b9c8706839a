// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** The types of the conditions on our resources. */
public final class Conditions {
  /** IPPool: blocks are allocated. */
  public static final String READY = "Ready";

  /** IPPool: no block is left. */
  public static final String EXHAUSTED = "Exhausted";

  /** IPPool, IPAllocation: the range overlaps something older. */
  public static final String OVERLAPPING = "Overlapping";

  /** IPAllocation, by the agent: the block is programmed on its node. */
  public static final String PROGRAMMED = "Programmed";

  /** IPAllocation, by the agent: the node has few addresses left. */
  public static final String PRESSURE = "Pressure";

  /**
   * IPAllocation, by the operator: "Unknown" while a lost node's grace lasts (its clock is the
   * lastTransitionTime), "True" once the block is being released.
   */
  public static final String RELEASING = "Releasing";

  private Conditions() {}
}
