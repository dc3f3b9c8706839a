// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.PodName;

/** Where a pod is told why it got no address. Never blocks, never fails. */
public interface PodEvents {
  /**
   * A pod got no address.
   *
   * @param pod which one
   * @param uid of the pod, as the runtime told it; empty where it did not
   * @param reason in one word, in the way of Kubernetes' Events
   * @param message in words
   */
  void addFailed(PodName pod, String uid, String reason, String message);
}
