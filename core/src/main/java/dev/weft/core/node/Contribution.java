// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeState;

/** What one feature of the dataplane wants of a node. Pure. */
interface Contribution {
  /**
   * Adds the objects that the feature needs.
   *
   * @param desired what the contributions before this one want
   */
  void addTo(NodeState.Builder desired, NodeInput node);
}
