// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long every test of the module waits for what must become true, where it does not say: longer
 * than the longest pause after a failure, on a machine that is busy with other things. Found by
 * JUnit through META-INF/services.
 */
public final class AwaitTimeout implements BeforeAllCallback {
  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(TIMEOUT);
  }
}
