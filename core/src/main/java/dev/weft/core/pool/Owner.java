// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.node.Machine;

/**
 * The owner of a block.
 *
 * @param node name of the node
 * @param uid UID of the Node object that it was allocated to
 * @param inheritedBy UID of the Node object it passed to; empty where it did not
 * @param machine which running machine it is; {@link Machine#UNKNOWN} for a block that the operator
 *     never saw with its node
 */
public record Owner(String node, String uid, String inheritedBy, Machine machine) {
  /** Of a block allocated to this node. */
  public static Owner of(ClusterNode node) {
    return new Owner(node.name(), node.uid(), "", node.machine());
  }
}
