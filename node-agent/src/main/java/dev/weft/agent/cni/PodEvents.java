// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.PodName;

/** Where the Event of a pod that got no address goes. Never blocks, never fails. */
public interface PodEvents {
  /**
   * A pod got no address.
   *
   * @param pod which one
   * @param uid of the pod, as the runtime passed it; empty where it did not
   * @param reason in one word, as Kubernetes' Events have it
   * @param message the cause, naming the objects
   */
  void addFailed(PodName pod, String uid, String reason, String message);
}
