// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a client requests before anything else: version, groups, kinds and their schemas. */
final class Discovery {
  /** The Kubernetes release whose manners are kept. */
  private static final String RELEASE = "v1.32.0";

  private final Kinds kinds;

  Discovery(Kinds kinds) {
    this.kinds = kinds;
  }

  /** The answer to a path of discovery; empty when the path is none. */
  Optional<JsonNode> answer(String path) {
    return switch (path) {
      case "/version" -> Optional.of(version());
      case "/api" -> Optional.of(coreVersions());
      case "/apis" -> Optional.of(groups());
      case "/openapi/v3" -> Optional.of(openApiIndex());
      default ->
          path.startsWith("/openapi/v3/")
              ? openApi(path.substring("/openapi/v3".length()))
              : group(path).or(() -> resources(path));
    };
  }

  private static ObjectNode version() {
    return Json.object()
        .put("major", "1")
        .put("minor", "32")
        .put("gitVersion", RELEASE + "+weft-sandbox")
        .put("platform", "linux/amd64");
  }

  private static ObjectNode coreVersions() {
    ObjectNode versions = Json.object().put("kind", "APIVersions");
    versions.putArray("versions").add("v1");
    versions.putArray("serverAddressByClientCIDRs");
    return versions;
  }

  private ObjectNode groups() {
    ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = list.putArray("groups");
    Set<String> names = new LinkedHashSet<>();
    kinds.all().forEach(kind -> names.add(kind.group()));
    names.remove("");
    names.forEach(name -> groups.add(group(name, versions(name))));
    return list;
  }

  private Set<String> versions(String group) {
    Set<String> versions = new LinkedHashSet<>();
    kinds.all().stream()
        .filter(kind -> kind.group().equals(group))
        .forEach(kind -> versions.add(kind.version()));
    return versions;
  }

  private static ObjectNode group(String name, Set<String> versions) {
    ObjectNode group = Json.object().put("name", name);
    ArrayNode list = group.putArray("versions");
    for (String version : versions) {
      list.addObject().put("groupVersion", name + "/" + version).put("version", version);
    }
    group.set("preferredVersion", list.get(0));
    return group;
  }

  private Optional<JsonNode> group(String path) {
    String name = path.startsWith("/apis/") ? path.substring("/apis/".length()) : "/";
    Set<String> versions = name.contains("/") ? Set.of() : versions(name);
    return versions.isEmpty()
        ? Optional.empty()
        : Optional.of(group(name, versions).put("kind", "APIGroup").put("apiVersion", "v1"));
  }

  private Optional<JsonNode> resources(String root) {
    List<Kind> served = servedIn(root);
    if (served.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode list = Json.object().put("kind", "APIResourceList").put("apiVersion", "v1");
    list.put("groupVersion", served.get(0).apiVersion());
    ArrayNode resources = list.putArray("resources");
    for (Kind kind : served) {
      resources.add(resource(kind));
      if (kind.status()) {
        resources.add(statusResource(kind));
      }
    }
    return Optional.of(list);
  }

  private List<Kind> servedIn(String root) {
    return kinds.all().stream().filter(kind -> kind.root().equals(root)).toList();
  }

  private static ObjectNode resource(Kind kind) {
    ObjectNode resource = Json.object().put("name", kind.plural());
    resource
        .put("singularName", kind.singular())
        .put("namespaced", kind.namespaced())
        .put("kind", kind.kind());
    addAll(
        resource.putArray("verbs"),
        List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"));
    addAll(resource.putArray("shortNames"), kind.shortNames());
    addAll(resource.putArray("categories"), kind.categories());
    return resource;
  }

  private static ObjectNode statusResource(Kind kind) {
    ObjectNode resource = Json.object().put("name", kind.plural() + "/status");
    resource.put("singularName", "").put("namespaced", kind.namespaced()).put("kind", kind.kind());
    addAll(resource.putArray("verbs"), List.of("get", "patch", "update"));
    return resource;
  }

  private static void addAll(ArrayNode array, List<String> texts) {
    texts.forEach(array::add);
  }

  private ObjectNode openApiIndex() {
    ObjectNode index = Json.object();
    ObjectNode paths = index.putObject("paths");
    for (Kind kind : kinds.all()) {
      paths
          .putObject(kind.root().substring(1))
          .put("serverRelativeURL", "/openapi/v3" + kind.root());
    }
    return index;
  }

  /** As much of OpenAPI as kubectl needs to know that the server checks fields, and to explain. */
  private Optional<JsonNode> openApi(String root) {
    List<Kind> served = servedIn(root);
    if (served.isEmpty()) {
      return Optional.empty();
    }
    ObjectNode document = Json.object().put("openapi", "3.0.0");
    document.putObject("info").put("title", "Kubernetes").put("version", RELEASE);
    ObjectNode paths = document.putObject("paths");
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    for (Kind kind : served) {
      String path = kind.path(kind.namespaced() ? "{namespace}" : null, "{name}");
      ObjectNode patch = paths.putObject(path).putObject("patch");
      ArrayNode parameters = patch.putArray("parameters");
      for (String parameter : List.of("fieldValidation", "dryRun", "fieldManager", "force")) {
        parameters.addObject().put("name", parameter).put("in", "query");
      }
      patch.set("x-kubernetes-group-version-kind", groupVersionKind(kind));
      schemas.set(kind.apiVersion().replace('/', '.') + "." + kind.kind(), schema(kind));
    }
    return Optional.of(document);
  }

  private static ObjectNode schema(Kind kind) {
    ObjectNode schema =
        kind.schema() instanceof ObjectNode own
            ? own.deepCopy()
            : Json.object().put("type", "object");
    schema.putArray("x-kubernetes-group-version-kind").add(groupVersionKind(kind));
    return schema;
  }

  private static ObjectNode groupVersionKind(Kind kind) {
    return Json.object()
        .put("group", kind.group())
        .put("version", kind.version())
        .put("kind", kind.kind());
  }
}
