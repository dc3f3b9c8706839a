// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The JSON of a failure (CNI specification, "Error"). */
final class ErrorObject {
  /** The longest text in it, in characters: what a client sent may be part of it. */
  private static final int MAX_TEXT = 2048;

  private ErrorObject() {}

  static Answer answer(SpecVersion version, CniException e) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("cniVersion", version.toString());
    root.put("code", e.code().number());
    root.put("msg", shortened(e.getMessage()));
    root.put("details", shortened(e.details()));
    return new Answer(1, Json.write(root));
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
  }
}
