// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import java.util.Optional;
import java.util.Set;

/**
 * What a node must watch beside the policies to enforce them. Equal ones are equal watches.
 *
 * @param unread namespaces whose policies are to be read: their rules were not kept
 * @param namespaces whether the labels of namespaces are needed
 * @param ownPods whether this node's own pods are needed
 * @param peers which other pods are needed; without those that ended
 */
public record PolicyWatches(
    Set<String> unread, boolean namespaces, boolean ownPods, Set<PeerWatch> peers) {
  /** Without any policy. */
  public static final PolicyWatches NONE = new PolicyWatches(Set.of(), false, false, Set.of());

  /** Bound of all watches, with those of policies, namespaces and own pods. */
  public static final int MAX_WATCHES = 20;

  /** A peer of a rule that spans more namespaces is one cluster-wide watch. */
  public static final int MAX_NAMESPACES = 16;

  /**
   * Pods of one namespace, or of all.
   *
   * @param namespace of which namespace; empty: of the whole cluster
   * @param pods which of its pods
   */
  public record PeerWatch(Optional<String> namespace, Selector pods) {}

  public PolicyWatches {
    unread = Set.copyOf(unread);
    peers = Set.copyOf(peers);
  }
}
