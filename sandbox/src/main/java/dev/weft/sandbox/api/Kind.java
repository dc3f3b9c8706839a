// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Set;

/**
 * One kind of object that the API server serves.
 *
 * @param group API group, empty for the core one
 * @param version its version
 * @param kind the kind's name, {@code IPPool}
 * @param plural its name in paths, {@code ippools}
 * @param shortNames what else a user may call it
 * @param categories groups of kinds that a user may request at once
 * @param namespaced whether its objects live in namespaces
 * @param status whether {@code status} is written on a path of its own only
 * @param columns what a table of them shows, beside the name
 * @param schema its OpenAPI schema; missing when objects are not checked
 * @param since the version from which on there are changes to watch
 */
record Kind(
    String group,
    String version,
    String kind,
    String plural,
    List<String> shortNames,
    List<String> categories,
    boolean namespaced,
    boolean status,
    List<Column> columns,
    JsonNode schema,
    long since) {

  /** What {@code kubectl get all} shows. */
  private static final Set<String> IN_ALL = Set.of("Pod", "Service");

  private static final Set<String> WITH_STATUS = Set.of("Node", "Pod", "Namespace");

  /** A kind that Kubernetes itself has; its objects are taken as they come. */
  static Kind builtIn(
      String apiVersion, String kind, String plural, boolean namespaced, String shortName) {
    int slash = apiVersion.indexOf('/');
    return new Kind(
        slash < 0 ? "" : apiVersion.substring(0, slash),
        apiVersion.substring(slash + 1),
        kind,
        plural,
        shortName.isEmpty() ? List.of() : List.of(shortName),
        IN_ALL.contains(kind) ? List.of("all") : List.of(),
        namespaced,
        WITH_STATUS.contains(kind),
        List.of(Column.age()),
        MissingNode.getInstance(),
        0);
  }

  /** Whether a CustomResourceDefinition defines it. */
  boolean isCustom() {
    return schema.isObject();
  }

  /** Whether changes of its objects' specs are counted. */
  boolean hasGeneration() {
    return isCustom() || kind.equals("CustomResourceDefinition");
  }

  /** Whether an object is of this kind. */
  boolean isOf(JsonNode object) {
    return object.path("kind").asText().equals(kind)
        && object.path("apiVersion").asText().equals(apiVersion());
  }

  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** The first part of its paths: {@code /api/v1}, {@code /apis/weft.dev/v1alpha1}. */
  String root() {
    return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
  }

  String singular() {
    return kind.toLowerCase(java.util.Locale.ROOT);
  }

  /** As messages name it: {@code pods}, {@code ippools.weft.dev}. */
  String qualifiedPlural() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  /** As other messages name it: {@code Pod}, {@code IPPool.weft.dev}. */
  String qualifiedKind() {
    return group.isEmpty() ? kind : kind + "." + group;
  }

  /** Where one object, or with a null name all of them, is found. */
  String path(String namespace, String name) {
    String parent = namespace == null ? root() : root() + "/namespaces/" + namespace;
    return parent + "/" + plural + (name == null ? "" : "/" + name);
  }
}
