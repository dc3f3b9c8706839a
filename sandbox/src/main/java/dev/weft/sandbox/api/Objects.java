// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** What can be done to objects: the rules of a Kubernetes API server over the store. */
final class Objects {
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final int MAX_NAME = 253;

  /** Metadata that the server sets. */
  private static final List<String> SYSTEM =
      List.of(
          "resourceVersion",
          "uid",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "generation",
          "managedFields");

  private final ObjectStore store;
  private final Kinds kinds;

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

  /** All objects of the kind and namespace, in the order of lists. */
  List<ObjectNode> all(ApiRequest request) {
    return store.list(request.kind().path(request.namespace(), null));
  }

  /** What a list made now is as new as. */
  long version() {
    return store.newestVersion();
  }

  ObjectNode create(ApiRequest request, ObjectNode object) {
    identify(request, object);
    if (!object.at("/metadata/resourceVersion").asText().isEmpty()) {
      throw ApiException.versionOfNew();
    }
    Json.child(object, "metadata").remove(SYSTEM);
    if (request.kind().isCustom() && request.kind().status()) {
      object.remove("status");
    }
    Json.dropNulls(object);
    ObjectSchema.prune(request.kind(), object, isStrict(request));
    ObjectSchema.fill(request.kind(), object);
    new FieldManagers(request.kind(), object).update(writer(request, false), Json.object(), object);
    return insert(request, object);
  }

  private ObjectNode insert(ApiRequest request, ObjectNode object) {
    Kind kind = request.kind();
    ObjectNode metadata = Json.child(object, "metadata");
    String name = metadata.path("name").asText();
    if (name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
      throw ApiException.invalid(
          kind,
          name,
          List.of(
              "metadata.name: Invalid value: \""
                  + name
                  + "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                  + " characters, '-' or '.', and must start and end with an alphanumeric"
                  + " character"));
    }
    ObjectSchema.fill(kind, object);
    ObjectSchema.check(kind, object, null);
    String path = kind.path(request.namespace(), name);
    if (store.get(path).isPresent()) {
      throw ApiException.alreadyExists(kind, name);
    }
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", now());
    if (kind.hasGeneration()) {
      metadata.put("generation", 1);
    }
    if (request.dryRun()) {
      return object;
    }
    if (kind.equals(Kinds.DEFINITION)) {
      establish(object);
    }
    ObjectNode stored = store.put(path, object);
    if (kind.equals(Kinds.DEFINITION)) {
      kinds.define(stored, version());
    }
    return stored;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Fills in what is in the path; the object must not differ. */
  private static void identify(ApiRequest request, ObjectNode object) {
    Kind kind = request.kind();
    if (!object.path("kind").asText(kind.kind()).equals(kind.kind())) {
      throw ApiException.badRequest(
          object.path("kind").asText() + " in the body, but " + kind.kind() + " in the path");
    }
    object.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
    ObjectNode metadata = Json.child(object, "metadata");
    if (request.name() != null) {
      requireEqual("name", metadata, request.name());
    } else if (metadata.path("name").asText().isEmpty()) {
      String prefix = metadata.path("generateName").asText();
      if (prefix.isEmpty()) {
        throw ApiException.invalid(
            kind, "", List.of("metadata.name: Required value: name or generateName is required"));
      }
      metadata.put("name", prefix + UUID.randomUUID().toString().substring(0, 5));
    }
    if (kind.namespaced()) {
      requireEqual("namespace", metadata, request.namespace());
    }
  }

  private static void requireEqual(String field, ObjectNode metadata, String inPath) {
    String inBody = metadata.path(field).asText();
    if (inPath == null || !inBody.isEmpty() && !inBody.equals(inPath)) {
      throw ApiException.badRequest(
          "the %s of the object (%s) does not match the %s on the URL (%s)"
              .formatted(field, inBody, field, inPath));
    }
    metadata.put(field, inPath);
  }

  /** A definition is served at once, which its status shows. */
  private static void establish(ObjectNode definition) {
    ArrayNode conditions = Json.child(definition, "status").putArray("conditions");
    conditions.addObject().put("type", "Established").put("status", "True");
    conditions.addObject().put("type", "NamesAccepted").put("status", "True");
  }

  private static FieldManagers.Manager writer(ApiRequest request, boolean applies) {
    return new FieldManagers.Manager(request.fieldManager(), applies, request.subresource());
  }

  ObjectNode update(ApiRequest request, ObjectNode object) {
    identify(request, object);
    ObjectNode before = get(request);
    String uid = object.at("/metadata/uid").asText();
    if (!uid.isEmpty() && !uid.equals(before.at("/metadata/uid").asText())) {
      throw ApiException.conflict(
          request.kind(),
          request.name(),
          "Precondition failed: UID in precondition: %s, UID in object meta: %s"
              .formatted(uid, before.at("/metadata/uid").asText()));
    }
    if (request.kind().isCustom() && object.at("/metadata/resourceVersion").asText().isEmpty()) {
      throw ApiException.invalid(
          request.kind(),
          request.name(),
          List.of("metadata.resourceVersion: Invalid value: 0: must be specified for an update"));
    }
    return updated(request, before, object);
  }

  /** Stores what a writer who does not apply made of an object. */
  private ObjectNode updated(ApiRequest request, ObjectNode before, ObjectNode wanted) {
    ObjectNode after = permitted(request, before, wanted);
    ObjectSchema.prune(request.kind(), after, isStrict(request));
    ObjectSchema.fill(request.kind(), after);
    new FieldManagers(request.kind(), before).update(writer(request, false), before, after);
    return replace(request, before, after);
  }

  /**
   * What a write makes of an object, as far as its path (the object's own, or its status') may
   * change it.
   */
  private static ObjectNode permitted(ApiRequest request, ObjectNode before, ObjectNode wanted) {
    Kind kind = request.kind();
    String version = wanted.at("/metadata/resourceVersion").asText();
    if (!version.isEmpty() && !version.equals(before.at("/metadata/resourceVersion").asText())) {
      throw ApiException.conflict(
          kind,
          request.name(),
          "the object has been modified; please apply your changes to the latest version and try"
              + " again");
    }
    String uid = wanted.at("/metadata/uid").asText();
    if (!uid.isEmpty() && !uid.equals(before.at("/metadata/uid").asText())) {
      throw ApiException.invalid(
          kind,
          request.name(),
          List.of("metadata.uid: Invalid value: \"" + uid + "\": field is immutable"));
    }
    ObjectNode after = request.forStatus() ? before.deepCopy() : wanted;
    if (request.forStatus()) {
      setOrRemove(after, "status", wanted.get("status"));
    } else if (kind.status()) {
      setOrRemove(after, "status", before.get("status"));
    }
    ObjectNode metadata = Json.child(after, "metadata");
    for (String field : SYSTEM) {
      setOrRemove(metadata, field, before.path("metadata").get(field));
    }
    Json.dropNulls(after);
    return after;
  }

  private static void setOrRemove(ObjectNode object, String field, JsonNode value) {
    if (value == null) {
      object.remove(field);
    } else {
      object.set(field, value.deepCopy());
    }
  }

  private ObjectNode replace(ApiRequest request, ObjectNode before, ObjectNode after) {
    Kind kind = request.kind();
    ObjectSchema.fill(kind, after);
    ObjectSchema.check(kind, after, before);
    boolean goes = before.path("metadata").has("deletionTimestamp");
    if (goes) {
      refuseNewFinalizers(kind, before, after);
    }
    if (kind.hasGeneration() && !sameSpec(before, after)) {
      countGeneration(after);
    }
    if (request.dryRun() || after.equals(before)) {
      return after;
    }
    if (goes && after.at("/metadata/finalizers").isEmpty()) {
      remove(request, after);
      return after;
    }
    ObjectNode stored = store.put(request.storePath(), after);
    if (kind.equals(Kinds.DEFINITION)) {
      kinds.define(stored, version());
    }
    return stored;
  }

  private static void refuseNewFinalizers(Kind kind, JsonNode before, JsonNode after) {
    Set<JsonNode> added = new HashSet<>();
    after.at("/metadata/finalizers").forEach(added::add);
    before.at("/metadata/finalizers").forEach(added::remove);
    if (!added.isEmpty()) {
      throw ApiException.invalid(
          kind,
          after.at("/metadata/name").asText(),
          List.of(
              "metadata.finalizers: Forbidden: no new finalizers can be added if the object is"
                  + " being deleted, found new finalizers "
                  + added));
    }
  }

  /** Whether everything but metadata and status is equal. */
  private static boolean sameSpec(ObjectNode one, ObjectNode other) {
    List<String> apart = List.of("metadata", "status");
    return one.deepCopy().without(apart).equals(other.deepCopy().without(apart));
  }

  private static void countGeneration(ObjectNode object) {
    ObjectNode metadata = Json.child(object, "metadata");
    metadata.put("generation", metadata.path("generation").asLong() + 1);
  }

  private static boolean isStrict(ApiRequest request) {
    return "Strict".equals(request.parameter("fieldValidation"));
  }

  /** Changes an object by a patch. */
  ObjectNode patch(ApiRequest request, PatchType type, JsonNode patch) {
    if (type == PatchType.APPLY) {
      return apply(request, (ObjectNode) patch);
    }
    Kind kind = request.kind();
    if (type == PatchType.STRATEGIC && kind.isCustom()) {
      throw ApiException.unsupportedMediaType("a strategic merge patch of a custom resource");
    }
    ObjectNode before = get(request);
    ObjectNode after = before.deepCopy();
    switch (type) {
      case JSON -> after = JsonPatch.apply(after, patch);
      case MERGE -> Merge.PLAIN.into(after, patch, Shape.of(kind));
      default -> Merge.BY_KEY.into(after, patch, Shape.of(kind));
    }
    identify(request, after);
    return updated(request, before, after);
  }

  /** Server-side apply: creates the object, or merges into it. */
  private ObjectNode apply(ApiRequest request, ObjectNode configuration) {
    Kind kind = request.kind();
    if (request.parameter("fieldManager") == null) {
      throw ApiException.unprocessable(
          "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for"
              + " apply patch");
    }
    if (!configuration.at("/metadata/managedFields").isEmpty()) {
      throw ApiException.badRequest("metadata.managedFields must be nil");
    }
    identify(request, configuration);
    Json.dropNulls(configuration);
    Optional<ObjectNode> found = find(request);
    if (found.isEmpty() && request.forStatus()) {
      throw ApiException.notFound(kind, request.name());
    }
    String uid = configuration.at("/metadata/uid").asText();
    if (found.isEmpty() && !uid.isEmpty()) {
      throw ApiException.conflict(
          kind,
          request.name(),
          "uid mismatch: the provided object specified uid %s, and no existing object was found"
              .formatted(uid));
    }
    ObjectNode before = found.orElseGet(Json::object);
    ObjectNode after =
        found.isEmpty()
            ? Json.object()
            : permitted(request, before, withVersionsOf(before, configuration));
    ObjectNode own = ownPart(request, configuration);
    ObjectSchema.prune(kind, own, isStrict(request));
    new FieldManagers(kind, before).apply(writer(request, true), after, own, request.flag("force"));
    if (found.isEmpty()) {
      return insert(request, after);
    }
    return replace(request, before, after);
  }

  /** An object with the UID and version that a configuration demands of it. */
  private static ObjectNode withVersionsOf(ObjectNode object, ObjectNode configuration) {
    ObjectNode copy = object.deepCopy();
    for (String field : List.of("uid", "resourceVersion")) {
      JsonNode demanded = configuration.path("metadata").get(field);
      if (demanded != null) {
        Json.child(copy, "metadata").set(field, demanded);
      }
    }
    return copy;
  }

  /** What of a configuration its path may write. */
  private static ObjectNode ownPart(ApiRequest request, ObjectNode configuration) {
    ObjectNode own = configuration.deepCopy();
    Json.child(own, "metadata").remove(SYSTEM);
    if (request.forStatus()) {
      own.remove("spec");
      Json.child(own, "metadata").retain("name", "namespace");
    } else if (request.kind().status()) {
      own.remove("status");
    }
    return own;
  }

  /**
   * Deletes an object, or marks it while it has finalizers.
   *
   * @param options what the client demands of the object; may be empty
   * @return the object, when it is still there; else that it went
   */
  ObjectNode delete(ApiRequest request, JsonNode options, boolean dryRun) {
    ObjectNode object = get(request);
    demand(request, options, object, "uid", "UID", "deleted and then recreated");
    demand(request, options, object, "resourceVersion", "ResourceVersion", "modified");
    ObjectNode metadata = Json.child(object, "metadata");
    if (!metadata.path("finalizers").isEmpty()) {
      if (metadata.has("deletionTimestamp") || dryRun) {
        return object;
      }
      metadata.put("deletionTimestamp", now()).put("deletionGracePeriodSeconds", 0);
      if (request.kind().hasGeneration()) {
        countGeneration(object);
      }
      return store.put(request.storePath(), object);
    }
    if (!dryRun) {
      remove(request, object);
    }
    ObjectNode gone = Json.object().put("kind", "Status").put("apiVersion", "v1");
    gone.putObject("metadata");
    gone.put("status", "Success")
        .putObject("details")
        .put("name", request.name())
        .put("group", request.kind().group())
        .put("kind", request.kind().plural())
        .put("uid", metadata.path("uid").asText());
    return gone;
  }

  private static void demand(
      ApiRequest request,
      JsonNode options,
      ObjectNode object,
      String field,
      String called,
      String perhaps) {
    String demanded = options.path("preconditions").path(field).asText();
    String actual = object.path("metadata").path(field).asText();
    if (!demanded.isEmpty() && !demanded.equals(actual)) {
      throw ApiException.preconditionFailed(
          request.kind(),
          request.name(),
          "the %s in the precondition (%s) does not match the %s in record (%s). The object might have been %s"
              .formatted(called, demanded, called, actual, perhaps));
    }
  }

  /** Removes an object; with a namespace goes what is in it, with a definition its kind. */
  private void remove(ApiRequest request, ObjectNode object) {
    store.remove(request.storePath(), object);
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
                      store.remove(
                          kind.path(request.name(), item.at("/metadata/name").asText()), item));
        }
      }
    }
  }
}
