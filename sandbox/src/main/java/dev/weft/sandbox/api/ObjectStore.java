// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.http.MockResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds the objects: the store of the Fabric8 mock server, which also counts their versions. Every
 * change is recorded in the {@link WatchHistory}.
 */
final class ObjectStore extends KubernetesCrudDispatcher {
  /** The order of lists, and of their pages. */
  static final Comparator<JsonNode> ORDER = Comparator.comparing(ObjectStore::key);

  private final WatchHistory history;

  /** The newest version that was given to an object. */
  private volatile long newestVersion;

  ObjectStore(WatchHistory history) {
    this.history = history;
  }

  /** Where an object stands in the order of lists. */
  static String key(JsonNode object) {
    return object.at("/metadata/namespace").asText() + "/" + object.at("/metadata/name").asText();
  }

  /** What a list is as new as. */
  long newestVersion() {
    return newestVersion;
  }

  Optional<ObjectNode> get(String path) {
    return Optional.ofNullable(findResource(getKey(path)))
        .map(Map.Entry::getValue)
        .map(text -> Json.readObject(text, false));
  }

  /** All objects below a path of a kind, in their order. */
  List<ObjectNode> list(String path) {
    MockResponse answer = handleGet(path);
    List<ObjectNode> items = new ArrayList<>();
    Json.readObject(answer.getBody().readUtf8(), false)
        .path("items")
        .forEach(
            item -> {
              Json.dropNulls(item);
              items.add((ObjectNode) item);
            });
    items.sort(ORDER);
    return items;
  }

  /** Stores an object, new or in place of the one that is there, under the next version. */
  ObjectNode put(String path, ObjectNode object) {
    newestVersion = requestResourceVersion();
    Json.child(object, "metadata").put("resourceVersion", Long.toString(newestVersion));
    AttributeSet key = getKey(path);
    Map.Entry<AttributeSet, String> old = findResource(key);
    processEvent(path, key, old == null ? null : old.getKey(), null, Json.write(object));
    history.record(old == null ? null : Json.read(old.getValue(), false), object.deepCopy());
    return object;
  }

  /**
   * Removes an object.
   *
   * @param last the object as it was last; is given the version at which it went
   */
  void remove(String path, ObjectNode last) {
    AttributeSet key = getKey(path);
    Map.Entry<AttributeSet, String> old = findResource(key);
    processEvent(path, key, old.getKey(), null, null);
    newestVersion = requestResourceVersion();
    Json.child(last, "metadata").put("resourceVersion", Long.toString(newestVersion));
    history.record(last.deepCopy(), null);
  }
}
