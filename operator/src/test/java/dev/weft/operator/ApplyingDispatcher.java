// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.nio.charset.StandardCharsets;

/**
 * The mock server's objects with a simple server-side apply, which it lacks: conditions merge by
 * type, everything else as in a merge patch; nobody owns a field.
 */
final class ApplyingDispatcher extends KubernetesCrudDispatcher {
  @Override
  public MockResponse handlePatch(RecordedRequest request) {
    String type = request.getHeader("Content-Type");
    if (type == null || !type.startsWith("application/apply-patch")) {
      return super.handlePatch(request);
    }
    String path = request.getPath().replaceFirst("\\?.*", "");
    MockResponse current = handleGet(path.replaceFirst("/status$", ""));
    if (current.code() != 200) {
      return current;
    }
    JsonNode object = Serialization.unmarshal(text(current.getBody()), JsonNode.class);
    ObjectNode patch = Serialization.unmarshal(request.getUtf8Body(), ObjectNode.class);
    mergeConditions(object.path("status").path("conditions"), patch.path("status"));
    return super.handlePatch(
        new RecordedRequest(
            request.getHttpVersion(),
            request.method(),
            path,
            new Headers.Builder().add("Content-Type", "application/merge-patch+json").build(),
            new Buffer(Serialization.asJson(patch).getBytes(StandardCharsets.UTF_8))));
  }

  private static void mergeConditions(JsonNode before, JsonNode status) {
    if (!(status.path("conditions") instanceof ArrayNode applied)) {
      return;
    }
    for (JsonNode old : before) {
      boolean replaced = false;
      for (JsonNode condition : applied) {
        replaced |= condition.path("type").equals(old.path("type"));
      }
      if (!replaced) {
        applied.add(old);
      }
    }
  }

  private static String text(Buffer body) {
    return new String(body.getBytes(), StandardCharsets.UTF_8);
  }
}
