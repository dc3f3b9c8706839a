// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The mock server's objects with a simple server-side apply, which it lacks: conditions merge by
 * type, objects field by field; nobody owns a field, and what is left out stays. Everybody may do
 * everything.
 */
final class ApplyingDispatcher extends KubernetesCrudDispatcher {
  private static final int CONFLICT = 409;
  private static final int OK = 200;
  private static final int CREATED = 201;

  /** Grants everything to who asks what they may, as before the Lease of the leader. */
  @Override
  public MockResponse handleCreate(RecordedRequest request) {
    if (request.getPath().endsWith("/selfsubjectrulesreviews")) {
      return new MockResponse()
          .setResponseCode(CREATED)
          .setBody(
              """
              {"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectRulesReview","metadata":{},
               "spec":{},"status":{"incomplete":false,"nonResourceRules":[],"resourceRules":
               [{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}}
              """);
    }
    return super.handleCreate(request);
  }

  @Override
  public MockResponse handlePatch(RecordedRequest request) {
    String type = request.getHeader("Content-Type");
    if (type == null || !type.startsWith("application/apply-patch")) {
      return super.handlePatch(request);
    }
    String path = request.getPath().replaceFirst("\\?.*", "");
    ObjectNode patch = Serialization.unmarshal(request.getUtf8Body(), ObjectNode.class);
    MockResponse answer;
    do {
      answer = apply(path, patch);
    } while (answer.code() == CONFLICT);
    return answer;
  }

  private MockResponse apply(String path, ObjectNode patch) {
    MockResponse current = handleGet(path.replaceFirst("/status$", ""));
    if (current.code() != OK) {
      return current;
    }
    ObjectNode object = Serialization.unmarshal(text(current.getBody()), ObjectNode.class);
    merge(object, patch);
    return handleUpdate(
        new RecordedRequest(
            "HTTP/1.1",
            HttpMethod.PUT,
            path,
            new Headers.Builder().add("Content-Type", "application/json").build(),
            new Buffer(Serialization.asJson(object).getBytes(StandardCharsets.UTF_8))));
  }

  private static void merge(ObjectNode object, JsonNode patch) {
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      JsonNode before = object.get(field.getKey());
      if (before instanceof ObjectNode child && field.getValue().isObject()) {
        merge(child, field.getValue());
      } else if (field.getKey().equals("conditions") && before instanceof ArrayNode list) {
        mergeByType(list, field.getValue());
      } else {
        object.set(field.getKey(), field.getValue());
      }
    }
  }

  private static void mergeByType(ArrayNode conditions, JsonNode applied) {
    for (JsonNode condition : applied) {
      int at = 0;
      while (at < conditions.size()
          && !conditions.get(at).path("type").equals(condition.path("type"))) {
        at++;
      }
      if (at < conditions.size()) {
        conditions.set(at, condition);
      } else {
        conditions.add(condition);
      }
    }
  }

  private static String text(Buffer body) {
    return new String(body.getBytes(), StandardCharsets.UTF_8);
  }
}
