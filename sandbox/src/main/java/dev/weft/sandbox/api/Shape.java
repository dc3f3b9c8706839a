// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Map;
import java.util.Set;

/**
 * What kind of list or map a value is, which decides how it is merged and how finely its fields are
 * owned: of a custom resource it is in its schema, of what Kubernetes itself has the field's name.
 *
 * @param schema of the value; missing: the name decides
 * @param name of the field; empty: the whole object
 */
record Shape(JsonNode schema, String name) {
  /** Lists of Kubernetes' own kinds whose elements have a key field. */
  private static final Map<String, String> KEYS =
      Map.of(
          "conditions", "type",
          "ownerReferences", "uid",
          "containers", "name",
          "podIPs", "ip",
          "addresses", "type");

  /** Lists of Kubernetes' own kinds that are sets. */
  private static final Set<String> SETS = Set.of("finalizers");

  /** That of a kind's objects. */
  static Shape of(Kind kind) {
    return new Shape(kind.schema(), "");
  }

  /** That of a field of this object. */
  Shape field(String field) {
    JsonNode declared = schema.path("properties").path(field);
    if (!schema.isObject() || name.isEmpty() && field.equals("metadata")) {
      declared = MissingNode.getInstance();
    } else if (declared.isMissingNode()) {
      declared = schema.path("additionalProperties");
    }
    return new Shape(declared, field);
  }

  /** That of an element of this list. */
  Shape element() {
    return new Shape(schema.path("items"), "*");
  }

  /** The key field of this list's elements; null: it is no such list. */
  String key() {
    if (!schema.isObject()) {
      return KEYS.get(name);
    }
    return isList("map") ? schema.at("/x-kubernetes-list-map-keys/0").asText() : null;
  }

  /** Whether this list has each element once. */
  boolean isSet() {
    return schema.isObject() ? isList("set") : SETS.contains(name);
  }

  private boolean isList(String type) {
    return schema.path("x-kubernetes-list-type").asText().equals(type);
  }
}
