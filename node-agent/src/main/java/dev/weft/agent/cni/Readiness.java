// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.Optional;

/** Whether the node can serve an ADD. */
@FunctionalInterface
public interface Readiness {
  /** Why it cannot now; empty where it can. */
  Optional<String> notReady();

  /**
   * Whether the node is just starting, so that an ADD is worth a wait: after a power cut the
   * runtime adds all pods at once, and takes long to try again.
   */
  default boolean starting() {
    return false;
  }

  /**
   * Waits until the node is ready, at most until it is not {@link #starting} any more. Not to be
   * called by a thread that other calls need.
   */
  default void awaitReady() throws InterruptedException {}
}
