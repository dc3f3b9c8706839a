// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Machine;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A Node object.
 *
 * @param name of the object
 * @param uid of the object
 * @param created when it was created: the oldest is served first
 * @param labels its labels
 * @param addresses its InternalIPs
 * @param machine which running machine it is
 */
public record ClusterNode(
    String name,
    String uid,
    Instant created,
    Map<String, String> labels,
    List<IpAddress> addresses,
    Machine machine) {
  /** The order in which waiting nodes are served. */
  static final Comparator<ClusterNode> BY_AGE =
      Comparator.comparing(ClusterNode::created).thenComparing(ClusterNode::name);

  /** Copies both collections. */
  public ClusterNode {
    labels = Map.copyOf(labels);
    addresses = List.copyOf(addresses);
  }

  /** Whether other nodes can reach it by an address of this family. */
  boolean isAddressed(Family family) {
    return addresses.stream().anyMatch(address -> address.family() == family);
  }

  /** Whether a block of this owner is this node's. */
  public boolean owns(Owner owner) {
    return owner.isNode(name, uid, machine);
  }
}
