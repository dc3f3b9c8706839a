// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.IpAddress;
import java.util.List;

/**
 * The node this agent runs on, after its Node object.
 *
 * @param name of the Node
 * @param uid of the Node; empty where there is no such Node
 * @param machine which running machine it is
 * @param addresses its InternalIPs
 */
public record ThisNode(String name, String uid, Machine machine, List<IpAddress> addresses) {
  /** Copies the list. */
  public ThisNode {
    addresses = List.copyOf(addresses);
  }

  /**
   * Whether a block is this node's: by name and UID, or left to it by a Node of the same name and
   * the same running machine.
   */
  public boolean owns(Allocation.Owner owner) {
    return name.equals(owner.node())
        && !uid.isEmpty()
        && (uid.equals(owner.uid()) || machine.isSameAs(owner.machine()));
  }
}
