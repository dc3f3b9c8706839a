// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Peer;
import java.util.List;

/** Where the loop gets what is known of the cluster. */
public interface ClusterSource {
  /** What is known now. */
  ClusterView view();

  /**
   * Every block of those nodes that were reported with another endpoint since the last call: each
   * is in {@link #view} too. None where these are many.
   */
  default List<Peer> movedPeers() {
    return List.of();
  }
}
