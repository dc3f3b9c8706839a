// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Function;

/**
 * A column of a table of objects.
 *
 * @param name its head
 * @param type {@code string}, {@code integer} or {@code date} (shown as an age)
 * @param priority 0: always shown; more: only in wide output
 * @param value what it shows of an object; a missing node shows nothing
 */
record Column(String name, String type, int priority, Function<JsonNode, JsonNode> value) {

  /** A column that shows what a path, as in a CRD's printer columns, finds. */
  static Column of(String name, String type, int priority, String path) {
    JsonPath compiled = JsonPath.parse(path);
    return new Column(name, type, priority, compiled::find);
  }

  /** How old the object is. */
  static Column age() {
    return of("Age", "date", 0, ".metadata.creationTimestamp");
  }
}
