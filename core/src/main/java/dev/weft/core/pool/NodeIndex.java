// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The nodes by name, and which of them a block belongs to. */
record NodeIndex(Map<String, ClusterNode> byName) {
  static NodeIndex of(Collection<ClusterNode> nodes) {
    return new NodeIndex(
        nodes.stream()
            .collect(Collectors.toUnmodifiableMap(ClusterNode::name, Function.identity())));
  }

  /** The node that an owner's blocks belong to now; empty where it is not there. */
  Optional<ClusterNode> find(Owner owner) {
    return Optional.ofNullable(byName.get(owner.node())).filter(node -> node.owns(owner));
  }

  /** Whether the list of nodes can be believed: one without any node is more likely a fault. */
  boolean isCredible() {
    return !byName.isEmpty();
  }

  /** Whether an owner's node is gone, as far as the list of nodes can be believed. */
  boolean isGone(Owner owner) {
    return isCredible() && find(owner).isEmpty();
  }
}
