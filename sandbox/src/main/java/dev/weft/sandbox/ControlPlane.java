// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

/** The sandbox's API server, which can go away and come back with its objects. Thread-safe. */
interface ControlPlane {
  /**
   * Starts it, when it does not run already, and waits until it answers.
   *
   * @throws SandboxException when it does not
   */
  void start();

  /** Stops it at once, cutting every connection; the objects are kept. */
  void stop();

  /** Whether it runs. */
  boolean isRunning();

  /** How programs in the sandbox's network reach it; known once it was started. */
  ApiAccess access();
}
