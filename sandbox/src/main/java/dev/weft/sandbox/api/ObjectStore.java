// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Holds the objects: the Fabric8 mock server's CRUD mode, which gives uid, creationTimestamp,
 * resourceVersion and generation, refuses stale updates, and keeps what has finalizers.
 *
 * <p>Every change is told to the {@link WatchHistory} while the mock's own lock is held.
 */
final class ObjectStore extends KubernetesCrudDispatcher {
  private final WatchHistory history;

  /** The newest version that was given to an object. */
  private volatile long newestVersion;

  ObjectStore(WatchHistory history) {
    this.history = history;
  }

  @Override
  public long requestResourceVersion() {
    newestVersion = super.requestResourceVersion();
    return newestVersion;
  }

  /** What a list is as new as. */
  long newestVersion() {
    return newestVersion;
  }

  Optional<ObjectNode> get(String path) {
    MockResponse answer = handleGet(path);
    return answer.code() == 200 ? Optional.of(body(answer)) : Optional.empty();
  }

  /** All objects below a path of a kind, in order of namespace and name. */
  List<ObjectNode> list(String path) {
    List<ObjectNode> items = new ArrayList<>();
    body(handleGet(path)).path("items").forEach(item -> items.add((ObjectNode) item));
    items.sort(
        Comparator.comparing((ObjectNode item) -> item.at("/metadata/namespace").asText())
            .thenComparing(item -> item.at("/metadata/name").asText()));
    return items;
  }

  ObjectNode create(String folder, ObjectNode object) {
    String name =
        body(handleCreate(request(HttpMethod.POST, folder, object))).at("/metadata/name").asText();
    return get(folder + "/" + name).orElseThrow();
  }

  /** Replaces an object; with its last finalizer gone, one that is being deleted goes. */
  ObjectNode update(String path, ObjectNode object) {
    MockResponse answer = handleUpdate(request(HttpMethod.PUT, path, object));
    return hasBody(answer) ? body(answer) : object;
  }

  /** Deletes an object, or marks it as being deleted while it has finalizers. */
  void delete(String path) {
    handleDelete(path);
  }

  @Override
  public void processEvent(
      String path,
      AttributeSet pathAttributes,
      AttributeSet oldAttributes,
      GenericKubernetesResource resource,
      String newState) {
    String old = oldAttributes == null ? null : map.get(oldAttributes);
    JsonNode before = old == null ? null : Json.read(old, false);
    ObjectNode after = newState == null ? null : Json.readObject(newState, false);
    if (after != null) {
      Json.dropNulls(after);
      if (before == null) {
        // The mock counts from one in every process; a UID is no other object's, ever.
        Json.child(after, "metadata").put("uid", UUID.randomUUID().toString());
      }
    }
    String stored = after == null ? null : Json.write(after);
    super.processEvent(path, pathAttributes, oldAttributes, null, stored);
    if (after == null && before instanceof ObjectNode gone) {
      Json.child(gone, "metadata").put("resourceVersion", Long.toString(requestResourceVersion()));
      history.record(gone, null);
    } else if (after != null && !after.equals(before)) {
      history.record(before, after);
    }
  }

  private static RecordedRequest request(HttpMethod method, String path, JsonNode object) {
    return new RecordedRequest(
        "HTTP/1.1",
        method,
        path,
        Headers.builder().build(),
        new Buffer(Json.write(object).getBytes(StandardCharsets.UTF_8)));
  }

  private static boolean hasBody(MockResponse answer) {
    return answer.getBody() != null && answer.getBody().size() > 0;
  }

  private static ObjectNode body(MockResponse answer) {
    if (answer.code() >= 400) {
      throw ApiException.badRequest(hasBody(answer) ? answer.getBody().readUtf8() : "refused");
    }
    ObjectNode body = Json.readObject(answer.getBody().readUtf8(), false);
    Json.dropNulls(body);
    return body;
  }
}
