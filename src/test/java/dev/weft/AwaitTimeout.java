// SPDX-License-Identifier: Apache-2.0
package dev.weft;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long every test of the module waits for what must become true, where it does not say: two
 * minutes are waited for by design, until an agent that does not answer is reported; the rest is
 * for a machine that is busy with other things. Found by JUnit through META-INF/services.
 */
public final class AwaitTimeout implements BeforeAllCallback {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(TIMEOUT);
  }
}
