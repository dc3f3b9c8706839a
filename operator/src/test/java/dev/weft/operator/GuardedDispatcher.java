// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * Writes as a kube-apiserver guards them: one at a time, answered by 409 where the UID or the
 * resourceVersion that a patch or a deletion names is not the object's, and refused as a test says,
 * like an admission webhook.
 */
final class GuardedDispatcher extends ApplyingDispatcher {
  private static final int CONFLICT = 409;
  private static final int FORBIDDEN = 403;
  private static final int OK = 200;

  private final List<String> writes = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> watches = new ConcurrentHashMap<>();
  private volatile Predicate<String> refused = write -> false;

  /** Refuses the writes that this holds of, as {@code METHOD PATH BODY}, from now on. */
  void refuse(Predicate<String> writes) {
    refused = writes;
  }

  /** Every write so far, as {@code METHOD PATH}. */
  List<String> writes() {
    return List.copyOf(writes);
  }

  /** How many watches were opened so far, by path. */
  Map<String, Integer> watches() {
    return Map.copyOf(watches);
  }

  @Override
  public MockResponse dispatch(RecordedRequest request) {
    String method = request.method().name();
    if (method.equals("GET")) {
      if (request.getPath().contains("watch=true")) {
        watches.merge(request.getPath().replaceFirst("\\?.*", ""), 1, Integer::sum);
      }
      return super.dispatch(request);
    }
    String path = request.getPath().replaceFirst("\\?.*", "");
    synchronized (this) {
      writes.add(method + " " + path);
      String body = text(request.getBody()); // the request's own reader empties it
      if (refused.test(method + " " + path + " " + body)) {
        return failure(FORBIDDEN, "Forbidden", "admission webhook \"test\" denied the request");
      }
      String type = String.valueOf(request.getHeader("Content-Type"));
      List<String> fields = // the UID of an apply is the other dispatcher's
          type.contains("apply-patch")
              ? List.of("resourceVersion")
              : List.of("uid", "resourceVersion");
      String conflict = method.matches("PATCH|DELETE") ? conflict(method, path, body, fields) : "";
      return conflict.isEmpty()
          ? super.dispatch(request)
          : failure(CONFLICT, "Conflict", "Operation cannot be fulfilled: " + conflict);
    }
  }

  /** Which precondition does not hold; empty: none. */
  private String conflict(String method, String path, String body, List<String> fields) {
    JsonNode wanted = Serialization.unmarshal(body.isEmpty() ? "{}" : body, JsonNode.class);
    wanted = wanted.path(method.equals("DELETE") ? "preconditions" : "metadata");
    MockResponse current = handleGet(path.replaceFirst("/status$", ""));
    if (current.code() != OK) {
      return "";
    }
    JsonNode is =
        Serialization.unmarshal(text(current.getBody()), ObjectNode.class).path("metadata");
    for (String field : fields) {
      if (wanted.hasNonNull(field) && !wanted.get(field).equals(is.get(field))) {
        return "the object has been modified: %s is %s, not %s"
            .formatted(field, is.get(field), wanted.get(field));
      }
    }
    return "";
  }

  private static String text(Buffer body) {
    return body == null ? "" : new String(body.getBytes(), StandardCharsets.UTF_8);
  }

  private static MockResponse failure(int code, String reason, String message) {
    ObjectNode status =
        JsonNodeFactory.instance
            .objectNode()
            .put("apiVersion", "v1")
            .put("kind", "Status")
            .put("status", "Failure")
            .put("code", code)
            .put("reason", reason)
            .put("message", message);
    return new MockResponse().setResponseCode(code).setBody(status.toString());
  }
}
