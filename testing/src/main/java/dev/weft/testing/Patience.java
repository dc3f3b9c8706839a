// SPDX-License-Identifier: Apache-2.0
package dev.weft.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets every test wait long for its conditions: one that comes true costs nothing, and a machine
 * may be slow. JUnit finds this class by itself.
 */
public final class Patience implements BeforeAllCallback {
  /**
   * Awaitility itself would wait 10 s. Two minutes are waited for by design, until an agent that
   * does not answer is reported.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(PATIENCE);
    // A thread of a program that an earlier test stopped may end by an exception: no test's
    // failure.
    Awaitility.doNotCatchUncaughtExceptionsByDefault();
  }
}
