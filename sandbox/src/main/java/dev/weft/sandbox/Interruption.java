// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ctrl-C and SIGTERM while a command runs that leaves nothing behind when it is cut off. */
final class Interruption {
  /** A program started from the same terminal may have ended by the signal before this one. */
  private static final long SIGNAL_LAG_MILLIS = 200;

  private Interruption() {}

  /**
   * Runs an action. When a signal ends the process meanwhile, prints that and nothing of what fails
   * because of it: it does not return then. The JVM exits with 128 and the signal's number.
   */
  static void during(PrintStream errors, Runnable action) {
    Thread hook = new Thread(() -> errors.println("sandbox: interrupted"), "interrupted");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      action.run();
    } catch (RuntimeException e) {
      pause();
      throw e;
    } finally {
      remove(hook);
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM ends as soon as its shutdown hooks have.
      awaitEnd();
    }
  }

  private static void awaitEnd() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(SIGNAL_LAG_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
