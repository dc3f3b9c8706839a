// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** The types of the conditions on our resources. */
public final class Conditions {
  /** IPPool: spec.cidr is the range in force. */
  public static final String ACCEPTED = "Accepted";

  /** IPPool: blocks are allocated. */
  public static final String READY = "Ready";

  /** IPPool: no block is left. */
  public static final String EXHAUSTED = "Exhausted";

  /** IPPool, IPAllocation: the range overlaps something older. */
  public static final String OVERLAPPING = "Overlapping";

  /** IPAllocation, by the agent: the block is programmed on its node. */
  public static final String PROGRAMMED = "Programmed";

  /**
   * IPAllocation, by the operator: {@code False} where other nodes do not use what its agent
   * reports as the node's endpoint, or may reach another node by it; {@code True} where that was
   * so, and is not any more.
   */
  public static final String ENDPOINT_ACCEPTED = "EndpointAccepted";

  /**
   * IPAllocation, by the agent: {@code True} where its node has addresses for pods, and something
   * on the node keeps, or may keep, packets from them.
   */
  public static final String DEGRADED = "Degraded";

  /** IPAllocation, by the agent: the node has few addresses left. */
  public static final String PRESSURE = "Pressure";

  /**
   * IPAllocation, by the agent: no pod has an address of it, and none gets one, in the generation
   * that it observed. IPPool that is draining: every block of it went back.
   */
  public static final String DRAINED = "Drained";

  /**
   * IPAllocation, by the operator: "Unknown" while a lost node's grace lasts (its clock is the
   * lastTransitionTime), "True" once the block is being released.
   */
  public static final String RELEASING = "Releasing";

  private Conditions() {}
}
