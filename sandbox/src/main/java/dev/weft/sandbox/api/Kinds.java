// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds that are served: some of Kubernetes' own, and what CustomResourceDefinitions add. */
final class Kinds {
  /** The kind that defines kinds. */
  static final Kind DEFINITION =
      Kind.builtIn(
          "apiextensions.k8s.io/v1",
          "CustomResourceDefinition",
          "customresourcedefinitions",
          false,
          "crd");

  /** By the path of all its objects. */
  private final Map<String, Kind> byPath = new LinkedHashMap<>();

  Kinds() {
    List.of(
            Kind.builtIn("v1", "Node", "nodes", false, "no"),
            Kind.builtIn("v1", "Pod", "pods", true, "po"),
            Kind.builtIn("v1", "Namespace", "namespaces", false, "ns"),
            Kind.builtIn("v1", "Event", "events", true, "ev"),
            Kind.builtIn("v1", "ServiceAccount", "serviceaccounts", true, "sa"),
            Kind.builtIn("v1", "ConfigMap", "configmaps", true, "cm"),
            Kind.builtIn("v1", "Secret", "secrets", true, ""),
            Kind.builtIn("v1", "Service", "services", true, "svc"),
            Kind.builtIn(
                "networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", true, "netpol"),
            Kind.builtIn("networking.k8s.io/v1", "ServiceCIDR", "servicecidrs", false, ""),
            Kind.builtIn("coordination.k8s.io/v1", "Lease", "leases", true, ""),
            DEFINITION)
        .forEach(this::put);
  }

  private void put(Kind kind) {
    byPath.put(kind.path(null, null), kind);
  }

  Collection<Kind> all() {
    return byPath.values();
  }

  /** Finds the kind whose objects lie under a path of the API, {@code /apis/weft.dev/v1alpha1}. */
  Optional<Kind> find(String root, String plural) {
    return Optional.ofNullable(byPath.get(root + "/" + plural));
  }

  /**
   * Adds, or replaces, what a CustomResourceDefinition defines.
   *
   * @param now the newest version of any object
   */
  void define(JsonNode definition, long now) {
    for (JsonNode version : definition.at("/spec/versions")) {
      if (version.path("served").asBoolean()) {
        Kind defined = kind(definition.path("spec"), version, now);
        Kind before = byPath.get(defined.path(null, null));
        put(before == null ? defined : kind(definition.path("spec"), version, before.since()));
      }
    }
  }

  /** Takes away what a CustomResourceDefinition defined. */
  void undefine(JsonNode definition) {
    for (JsonNode version : definition.at("/spec/versions")) {
      byPath.remove(kind(definition.path("spec"), version, 0).path(null, null));
    }
  }

  private static Kind kind(JsonNode spec, JsonNode version, long since) {
    JsonNode names = spec.path("names");
    return new Kind(
        spec.path("group").asText(),
        version.path("name").asText(),
        names.path("kind").asText(),
        names.path("plural").asText(),
        texts(names.path("shortNames")),
        texts(names.path("categories")),
        spec.path("scope").asText().equals("Namespaced"),
        version.at("/subresources/status").isObject(),
        columns(version.path("additionalPrinterColumns")),
        version.at("/schema/openAPIV3Schema"),
        since);
  }

  private static List<Column> columns(JsonNode definitions) {
    List<Column> columns = new ArrayList<>();
    for (JsonNode column : definitions) {
      columns.add(
          Column.of(
              column.path("name").asText(),
              column.path("type").asText(),
              column.path("priority").asInt(),
              column.path("jsonPath").asText()));
    }
    if (columns.isEmpty()) {
      columns.add(Column.age());
    }
    return List.copyOf(columns);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.asText()));
    return List.copyOf(texts);
  }
}
