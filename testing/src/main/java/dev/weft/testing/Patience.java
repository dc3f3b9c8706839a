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
  /** Longer than the longest pause after a failure; Awaitility itself would wait 10 s. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(PATIENCE);
  }
}
