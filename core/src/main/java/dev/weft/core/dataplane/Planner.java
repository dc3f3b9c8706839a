// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import java.util.List;

/** The ordered steps from an actual state to a desired one. */
public final class Planner {
  private Planner() {}

  /**
   * Plans the steps; none where the states are equal but for what is in flight.
   *
   * @param inFlight whose port, routes, neighbours and guard entries are left as they are
   */
  public static List<DataplaneChange> plan(NodeState desired, NodeState actual, InFlight inFlight) {
    throw new UnsupportedOperationException("not built yet");
  }
}
