// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.util.List;

/** JSON patch (RFC 6902). */
final class JsonPatch {
  private JsonPatch() {}

  /**
   * The object with all operations of a patch done; the object itself stays as it is.
   *
   * @throws ApiException 422 if one of them does not fit
   */
  static ObjectNode apply(ObjectNode object, JsonNode patch) {
    JsonNode result = object;
    try {
      for (JsonNode operation : patch) {
        JsonNode there = result.at(operation.path("path").asText());
        String op = operation.path("op").asText();
        if (List.of("remove", "replace").contains(op) && there.isMissingNode()) {
          throw refusal("there is nothing at " + operation.path("path"));
        } else if (!op.equals("test")) {
          JsonNode one = Json.object().arrayNode().add(operation);
          result = io.fabric8.zjsonpatch.JsonPatch.apply(one, result);
        } else if (!there.equals(operation.get("value"))) {
          throw refusal("the test of " + operation.path("path") + " failed");
        }
      }
      return (ObjectNode) result;
    } catch (JsonPatchException | IllegalArgumentException | ClassCastException e) {
      throw refusal(e.getMessage());
    }
  }

  private static ApiException refusal(String why) {
    return ApiException.unprocessable(
        "the server rejected our request due to an error in our request: " + why);
  }
}
