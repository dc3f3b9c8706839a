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
 * @param categories groups of kinds that a user may ask for at once
 * @param namespaced whether its objects live in namespaces
 * @param status whether {@code status} is written on a path of its own only
 * @param columns what a table of them shows, beside the name
 * @param schema its OpenAPI schema; missing when objects are not checked
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
    JsonNode schema) {

  /** What {@code kubectl get all} shows. */
  private static final Set<String> IN_ALL = Set.of("Pod", "Service");

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
        false,
        BuiltInColumns.of(kind),
        MissingNode.getInstance());
  }

  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** The folder of its paths: {@code /api/v1}, {@code /apis/weft.dev/v1alpha1}. */
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

  /** Where one object, or with a null name all of them, is found. */
  String path(String namespace, String name) {
    String folder = namespace == null ? root() : root() + "/namespaces/" + namespace;
    return folder + "/" + plural + (name == null ? "" : "/" + name);
  }
}
