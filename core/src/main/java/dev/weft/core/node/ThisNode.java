// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.IpAddress;
import dev.weft.core.pool.Owner;
import java.util.List;
import java.util.Map;

/**
 * The node this agent runs on, after its Node object.
 *
 * @param name of the Node
 * @param uid of the Node; empty where there is no such Node
 * @param machine which running machine it is
 * @param addresses its InternalIPs
 * @param labels of the Node
 */
public record ThisNode(
    String name,
    String uid,
    Machine machine,
    List<IpAddress> addresses,
    Map<String, String> labels) {
  public ThisNode {
    addresses = List.copyOf(addresses);
    labels = Map.copyOf(labels);
  }

  /** A Node that was not read from the API server yet: it owns nothing. */
  public static ThisNode unread(String name, List<IpAddress> addresses) {
    return new ThisNode(name, "", Machine.UNKNOWN, addresses);
  }

  /** A Node without labels. */
  public ThisNode(String name, String uid, Machine machine, List<IpAddress> addresses) {
    this(name, uid, machine, addresses, Map.of());
  }

  /** Whether a block is this node's, by the rule of {@link Owner#isNode}. */
  public boolean owns(Allocation.Owner owner) {
    return new Owner(owner.node(), owner.uid(), owner.machine()).isNode(name, uid, machine);
  }
}
