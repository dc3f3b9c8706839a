// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/** The embedded API server. */
class EmbeddedApiServerTest extends ApiServerContract {
  EmbeddedApiServerTest() {
    super(LiveApi.embedded());
  }
}
