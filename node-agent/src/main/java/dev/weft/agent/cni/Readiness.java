// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.Optional;

/** Whether the node can serve an ADD. */
@FunctionalInterface
public interface Readiness {
  /** Why it cannot now, in words; empty where it can. */
  Optional<String> notReady();

  /**
   * The same, after waiting a bounded time where the node is just starting: after a power cut the
   * runtime asks for all pods at once, and takes long to ask again.
   */
  default Optional<String> awaitReady() {
    return notReady();
  }
}
