// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.core.node.PodName;

/** Where the Events about policies go. Never blocks, never fails. */
public interface PolicyEvents {
  /**
   * Something about a pod of this node.
   *
   * @param uid as the runtime passed it; empty where it did not
   */
  void pod(PodName pod, String uid, String reason, String message);

  /** Something about this node. */
  void node(String reason, String message);
}
