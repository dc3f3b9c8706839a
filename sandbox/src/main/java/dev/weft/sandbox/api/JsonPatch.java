// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatchException;

/** JSON patch (RFC 6902). */
final class JsonPatch {
  private JsonPatch() {}

  /** The object with all operations of a patch done; the object itself stays as it is. */
  static ObjectNode apply(ObjectNode object, JsonNode patch) {
    try {
      return (ObjectNode) io.fabric8.zjsonpatch.JsonPatch.apply(patch, object);
    } catch (JsonPatchException e) {
      throw ApiException.badRequest("the patch does not fit: " + e.getMessage());
    }
  }
}
