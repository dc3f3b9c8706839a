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
import java.util.Optional;

/**
 * The mock server's objects with a simple server-side apply, which it lacks: conditions merge by
 * type, objects field by field; nobody owns a field, and what is left out stays. An object that is
 * meant by its UID and is gone, or another, is answered as by a kube-apiserver. Everybody may do
 * everything.
 */
class ApplyingDispatcher extends KubernetesCrudDispatcher {
  private static final int CONFLICT = 409;
  private static final int INVALID = 422;
  private static final int OK = 200;
  private static final int CREATED = 201;

  private volatile String refusedPath = "";
  private volatile int refusal;

  /** Answers every request whose path holds this text by an error from now on; 0: no more. */
  void refuse(String path, int code) {
    refusal = code;
    refusedPath = path;
  }

  @Override
  public MockResponse dispatch(RecordedRequest request) {
    return refusal != 0 && request.getPath().contains(refusedPath)
        ? new MockResponse().setResponseCode(refusal)
        : super.dispatch(request);
  }

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
      Optional<MockResponse> gone = goneWithItsUid(path, patch);
      if (gone.isPresent()) {
        return gone.get();
      }
      answer = apply(path, patch);
    } while (answer.code() == CONFLICT);
    return answer;
  }

  /**
   * A kube-apiserver's answer where there is no object of the UID in the patch; empty where there
   * is.
   */
  private Optional<MockResponse> goneWithItsUid(String path, ObjectNode patch) {
    String uid = patch.at("/metadata/uid").asText();
    MockResponse current = handleGet(path.replaceFirst("/status$", ""));
    if (uid.isEmpty() || current.code() != OK && path.endsWith("/status")) {
      return Optional.empty();
    }
    if (current.code() != OK) {
      return Optional.of(
          refusal(
              CONFLICT,
              "uid mismatch: the provided object specified uid %s, and no existing object was found"
                  .formatted(uid)));
    }
    ObjectNode there = Serialization.unmarshal(text(current.getBody()), ObjectNode.class);
    return there.at("/metadata/uid").asText().equals(uid)
        ? Optional.empty()
        : Optional.of(
            refusal(INVALID, "metadata.uid: Invalid value: \\\"%s\\\": immutable".formatted(uid)));
  }

  private static MockResponse refusal(int code, String message) {
    return new MockResponse()
        .setResponseCode(code)
        .setBody(
            """
            {"apiVersion":"v1","kind":"Status","metadata":{},"status":"Failure",
             "code":%d,"message":"%s"}
            """
                .formatted(code, message));
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
