// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A request for objects of one kind, its path taken apart.
 *
 * @param kind what is requested
 * @param namespace the namespace in the path; null: all, or the kind has none
 * @param name the object; null: all of them
 * @param subresource the word after the name; empty: the object itself
 * @param parameters looks up a query parameter; null when it is not given
 * @param client what the client calls itself, {@code kubectl/v1.34.4}
 */
record ApiRequest(
    Kind kind,
    String namespace,
    String name,
    String subresource,
    UnaryOperator<String> parameters,
    String client) {
  private static final Set<String> ALWAYS = Set.of("metadata.name", "metadata.namespace");

  /** What else can be selected by, of each kind. */
  private static final Map<String, Set<String>> FIELDS =
      Map.of(
          "Node", Set.of("spec.unschedulable"),
          "Pod", Set.of("spec.nodeName", "spec.hostNetwork", "status.phase", "status.podIP"),
          "Event",
              Set.of(
                  "involvedObject.kind",
                  "involvedObject.namespace",
                  "involvedObject.name",
                  "involvedObject.uid",
                  "reason",
                  "type"));

  /**
   * Takes a path apart.
   *
   * @return empty when the path is none of a kind that is served
   */
  static Optional<ApiRequest> parse(
      String path, Kinds kinds, UnaryOperator<String> parameters, String client) {
    String[] parts = path.substring(1).split("/");
    int rootLength = parts[0].equals("api") ? 2 : 3;
    if (parts.length <= rootLength) {
      return Optional.empty();
    }
    String root = "/" + String.join("/", java.util.Arrays.copyOf(parts, rootLength));
    boolean namespaced =
        parts[rootLength].equals("namespaces")
            && parts.length > rootLength + 2
            && kinds.find(root, parts[rootLength + 2]).isPresent();
    int at = namespaced ? rootLength + 2 : rootLength;
    return kinds
        .find(root, parts[at])
        .map(
            kind ->
                new ApiRequest(
                    kind,
                    namespaced ? parts[rootLength + 1] : null,
                    parts.length > at + 1 ? parts[at + 1] : null,
                    parts.length > at + 2 ? parts[at + 2] : "",
                    parameters,
                    client));
  }

  String parameter(String name) {
    return parameters.apply(name);
  }

  boolean flag(String name) {
    String value = parameter(name);
    return "true".equals(value) || "1".equals(value);
  }

  /** The field manager that the client names, or what it calls itself. */
  String fieldManager() {
    String named = parameter("fieldManager");
    return named == null || named.isEmpty() ? client.split("/")[0] : named;
  }

  boolean forStatus() {
    return subresource.equals("status");
  }

  boolean dryRun() {
    return parameter("dryRun") != null;
  }

  /** Where the store keeps what is requested. */
  String storePath() {
    return kind.path(namespace, name);
  }

  /** Whether lists of it are cut down by selectors. */
  boolean isSelective() {
    return parameter("labelSelector") != null || parameter("fieldSelector") != null;
  }

  /** Whether an object is among those requested: namespace, name and selectors. */
  Predicate<JsonNode> selection() {
    Predicate<JsonNode> labels = Selector.labels(parameter("labelSelector"));
    Predicate<JsonNode> fields =
        Selector.fields(
            parameter("fieldSelector"),
            key ->
                ALWAYS.contains(key) || FIELDS.getOrDefault(kind.kind(), Set.of()).contains(key));
    return object ->
        (namespace == null || namespace.equals(object.at("/metadata/namespace").asText()))
            && (name == null || name.equals(object.at("/metadata/name").asText()))
            && labels.test(object)
            && fields.test(object);
  }
}
