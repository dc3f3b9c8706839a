// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.node.Machine;

/**
 * The owner of a block.
 *
 * @param node name of the node
 * @param uid UID of the Node object
 * @param machine which running machine it is; {@link Machine#UNKNOWN} for a block that the operator
 *     never saw with its node
 */
public record Owner(String node, String uid, Machine machine) {
  /**
   * Whether a block of this owner is a Node's: by name and UID, or by name and the same running
   * machine. The rule of operator and agents.
   *
   * @param nodeName name of the Node
   * @param nodeUid UID of the Node; empty where there is none, which owns nothing
   * @param nodeMachine which running machine the Node is
   */
  public boolean isNode(String nodeName, String nodeUid, Machine nodeMachine) {
    return nodeName.equals(node)
        && !nodeUid.isEmpty()
        && (nodeUid.equals(uid) || nodeMachine.isSameAs(machine));
  }

  /** Of a block allocated to this node. */
  public static Owner of(ClusterNode node) {
    return new Owner(node.name(), node.uid(), node.machine());
  }
}
