// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What can be done to objects: the rules of a Kubernetes API server over the store. */
final class Objects {
  private final ObjectStore store;
  private final Kinds kinds;
  private final Applied applied = new Applied();

  Objects(ObjectStore store, Kinds kinds) {
    this.store = store;
    this.kinds = kinds;
  }

  ObjectNode get(ApiRequest request) {
    return find(request).orElseThrow(() -> ApiException.notFound(request.kind(), request.name()));
  }

  private Optional<ObjectNode> find(ApiRequest request) {
    return store.get(request.storePath());
  }

  List<ObjectNode> list(ApiRequest request) {
    return store.list(request.kind().path(request.namespace(), null)).stream()
        .filter(request.selection())
        .toList();
  }

  /** What a list made now is as new as. */
  long version() {
    return store.newestVersion();
  }

  ObjectNode create(ApiRequest request, ObjectNode object) {
    Kind kind = request.kind();
    ObjectNode metadata = identify(request, object);
    String name = metadata.path("name").asText();
    if (store.get(kind.path(request.namespace(), name)).isPresent()) {
      throw ApiException.alreadyExists(kind, name);
    }
    if (!metadata.path("resourceVersion").asText().isEmpty()) {
      throw ApiException.badRequest("resourceVersion should not be set on objects to be created");
    }
    SchemaCheck.check(kind, object, null, isStrict(request));
    if (request.dryRun()) {
      return object;
    }
    if (kind.equals(Kinds.DEFINITION)) {
      kinds.define(object);
      return establish(request, store.create(kind.path(null, null), object));
    }
    return store.create(kind.path(request.namespace(), null), object);
  }

  /** Fills in what the path says; the object must not say otherwise. */
  private static ObjectNode identify(ApiRequest request, ObjectNode object) {
    Kind kind = request.kind();
    if (!object.path("kind").asText(kind.kind()).equals(kind.kind())) {
      throw ApiException.badRequest(
          object.path("kind").asText() + " in the body, but " + kind.kind() + " in the path");
    }
    object.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
    ObjectNode metadata = Json.child(object, "metadata");
    metadata.remove("managedFields");
    if (request.name() != null) {
      requireEqual("name", metadata, request.name());
    } else if (metadata.path("name").asText().isEmpty()) {
      String prefix = metadata.path("generateName").asText();
      if (prefix.isEmpty()) {
        throw ApiException.invalid(kind, "", "metadata.name: Required value");
      }
      metadata.put("name", prefix + UUID.randomUUID().toString().substring(0, 5));
    }
    if (kind.namespaced()) {
      requireEqual("namespace", metadata, request.namespace());
    }
    return metadata;
  }

  private static void requireEqual(String field, ObjectNode metadata, String inPath) {
    String inBody = metadata.path(field).asText();
    if (inPath == null || !inBody.isEmpty() && !inBody.equals(inPath)) {
      throw ApiException.badRequest(
          "the "
              + field
              + " of the object ("
              + inBody
              + ") does not match the URL ("
              + inPath
              + ")");
    }
    metadata.put(field, inPath);
  }

  /** A definition is served at once, and says so. */
  private ObjectNode establish(ApiRequest request, ObjectNode definition) {
    ArrayNode conditions = definition.putObject("status").putArray("conditions");
    conditions.addObject().put("type", "Established").put("status", "True");
    conditions.addObject().put("type", "NamesAccepted").put("status", "True");
    String name = definition.at("/metadata/name").asText();
    return store.update(request.kind().path(null, name), definition);
  }

  ObjectNode update(ApiRequest request, ObjectNode object) {
    identify(request, object);
    return replace(request, get(request), object);
  }

  /**
   * Stores a changed object, as far as the path (the object's own, or its status') may change it.
   */
  private ObjectNode replace(ApiRequest request, ObjectNode before, ObjectNode wanted) {
    Kind kind = request.kind();
    String version = wanted.at("/metadata/resourceVersion").asText();
    if (!version.isEmpty() && !version.equals(before.at("/metadata/resourceVersion").asText())) {
      throw ApiException.conflict(
          kind,
          request.name(),
          "the object has been modified; please apply your changes to the latest version and try again");
    }
    String uid = wanted.at("/metadata/uid").asText();
    if (!uid.isEmpty() && !uid.equals(before.at("/metadata/uid").asText())) {
      throw ApiException.conflict(kind, request.name(), "Precondition failed: UID is another");
    }
    ObjectNode after = request.forStatus() ? withStatus(before, wanted) : wanted;
    if (kind.status() && !request.forStatus()) {
      setOrRemove(after, "status", before.get("status"));
    }
    ObjectNode metadata = Json.child(after, "metadata");
    for (String field :
        List.of("resourceVersion", "uid", "creationTimestamp", "deletionTimestamp", "generation")) {
      setOrRemove(metadata, field, before.path("metadata").get(field));
    }
    Json.dropNulls(after);
    SchemaCheck.check(kind, after, before, isStrict(request));
    if (request.dryRun() || after.equals(before)) {
      return after;
    }
    ObjectNode stored =
        store.update(request.storePath() + (request.forStatus() ? "/status" : ""), after);
    if (kind.equals(Kinds.DEFINITION)) {
      kinds.define(stored);
    }
    return stored;
  }

  private static ObjectNode withStatus(ObjectNode before, ObjectNode wanted) {
    ObjectNode after = before.deepCopy();
    setOrRemove(after, "status", wanted.get("status"));
    return after;
  }

  private static void setOrRemove(ObjectNode object, String field, JsonNode value) {
    if (value == null) {
      object.remove(field);
    } else {
      object.set(field, value.deepCopy());
    }
  }

  private static boolean isStrict(ApiRequest request) {
    return "Strict".equals(request.parameter("fieldValidation"));
  }

  /** Changes an object by a patch. */
  ObjectNode patch(ApiRequest request, PatchType type, JsonNode patch) {
    if (type == PatchType.APPLY) {
      return apply(request, (ObjectNode) patch);
    }
    ObjectNode before = get(request);
    ObjectNode after = before.deepCopy();
    switch (type) {
      case JSON -> after = JsonPatch.apply(after, patch);
      case MERGE -> Merge.PLAIN.into(after, patch);
      default -> Merge.BY_KEY.into(after, patch);
    }
    identify(request, after);
    return replace(request, before, after);
  }

  /** Server-side apply: creates the object, or merges into it. */
  private ObjectNode apply(ApiRequest request, ObjectNode configuration) {
    identify(request, configuration);
    String manager = String.valueOf(request.parameter("fieldManager"));
    String path = request.storePath() + "/" + request.subresource();
    Optional<ObjectNode> before = find(request);
    if (before.isEmpty() && request.forStatus()) {
      throw ApiException.notFound(request.kind(), request.name());
    }
    ObjectNode configured = configuration.deepCopy();
    ObjectNode result;
    if (before.isEmpty()) {
      ApiRequest collection =
          new ApiRequest(request.kind(), request.namespace(), null, "", request.parameters());
      result = create(collection, configuration);
    } else {
      ObjectNode after = before.get().deepCopy();
      applied.apply(path, manager, after, configured);
      result = replace(request, before.get(), after);
    }
    if (!request.dryRun()) {
      applied.remember(path, result.at("/metadata/uid").asText(), manager, configured);
    }
    return result;
  }

  /**
   * Deletes an object, or marks it while it has finalizers.
   *
   * @param options what the client demands of the object; may be empty
   * @return the object as it is now, or was
   */
  ObjectNode delete(ApiRequest request, JsonNode options) {
    ObjectNode object = get(request);
    for (String field : List.of("uid", "resourceVersion")) {
      String demanded = options.path("preconditions").path(field).asText();
      String actual = object.path("metadata").path(field).asText();
      if (!demanded.isEmpty() && !demanded.equals(actual)) {
        throw ApiException.conflict(
            request.kind(),
            request.name(),
            "Precondition failed: " + field + " is " + actual + ", not " + demanded);
      }
    }
    if (request.dryRun()) {
      return object;
    }
    store.delete(request.storePath());
    Optional<ObjectNode> left = find(request);
    if (left.isEmpty()) {
      applied.forget(object.at("/metadata/uid").asText());
      forgetContents(request, object);
    }
    return left.orElse(object);
  }

  /** With a namespace goes what is in it; with a definition goes the kind. */
  private void forgetContents(ApiRequest request, ObjectNode object) {
    if (request.kind().equals(Kinds.DEFINITION)) {
      kinds.undefine(object);
    }
    if (request.kind().plural().equals("namespaces")) {
      for (Kind kind : kinds.all()) {
        if (kind.namespaced()) {
          store
              .list(kind.path(request.name(), null))
              .forEach(
                  item ->
                      store.delete(kind.path(request.name(), item.at("/metadata/name").asText())));
        }
      }
    }
  }
}
