// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** The embedded API server's checks. */
class EmbeddedCrdRulesTest extends CrdRulesContract {
  EmbeddedCrdRulesTest() {
    super(LiveApi.embedded());
  }
}
