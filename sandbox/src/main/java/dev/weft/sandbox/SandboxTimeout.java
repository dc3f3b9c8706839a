// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.time.Duration;

/** What was waited for did not come in time. */
final class SandboxTimeout extends SandboxException {
  private static final long serialVersionUID = 1L;

  SandboxTimeout(Duration time, String what) {
    super("waited " + time.toSeconds() + " s for " + what);
  }
}
