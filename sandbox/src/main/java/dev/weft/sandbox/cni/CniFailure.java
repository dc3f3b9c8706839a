// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.cni;

import com.fasterxml.jackson.databind.JsonNode;

/** A plugin answered with an error. */
public final class CniFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;

  CniFailure(String what, JsonNode error) {
    super(
        what
            + ": "
            + error.path("msg").asText("the plugin failed")
            + (error.path("details").asText().isEmpty()
                ? ""
                : ": " + error.path("details").asText())
            + " (CNI error "
            + error.path("code").asInt()
            + ")");
    this.code = error.path("code").asInt();
  }

  CniFailure(String message) {
    super(message);
    this.code = 0;
  }

  /** The CNI error code; 0: the plugin printed none. */
  public int code() {
    return code;
  }
}
