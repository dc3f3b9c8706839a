// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;

/**
 * Merges one tree into another: plainly (RFC 7396, lists are replaced), or as Kubernetes does where
 * it knows that a list is a set, or a map by one of its elements' fields.
 */
enum Merge {
  /** JSON merge patch. */
  PLAIN,
  /** Strategic merge patch, and server-side apply. */
  BY_KEY;

  /** Lists whose elements are told apart by a field, by the list's name. */
  private static final Map<String, String> LIST_KEYS =
      Map.of(
          "conditions", "type",
          "ownerReferences", "uid",
          "containers", "name",
          "podIPs", "ip",
          "addresses", "type");

  /** Lists that are sets. */
  private static final Set<String> SETS = Set.of("finalizers");

  /** Merges a patch into an object; a null in it removes what it names. */
  void into(ObjectNode target, JsonNode patch) {
    patch.properties().forEach(field -> merge(target, field.getKey(), field.getValue()));
  }

  private void merge(ObjectNode target, String field, JsonNode value) {
    if (this == BY_KEY && field.startsWith("$")) {
      directive(target, field, value);
    } else if (value.isNull()) {
      target.remove(field);
    } else if (value.isObject()) {
      into(Json.child(target, field), value);
    } else if (value instanceof ArrayNode list && this == BY_KEY && isKeyed(field, list)) {
      mergeList(target, field, list);
    } else {
      target.set(field, value.deepCopy());
    }
  }

  /** {@code $deleteFromPrimitiveList/finalizers}; the orders that a client wishes do not matter. */
  private static void directive(ObjectNode target, String field, JsonNode value) {
    String prefix = "$deleteFromPrimitiveList/";
    if (field.startsWith(prefix)
        && target.get(field.substring(prefix.length())) instanceof ArrayNode list) {
      value.forEach(element -> removeFrom(list, element));
    }
  }

  /** Whether the list's elements can be told apart (IPAllocation's addresses are plain text). */
  private static boolean isKeyed(String field, ArrayNode list) {
    return SETS.contains(field) || LIST_KEYS.containsKey(field) && list.path(0).isObject();
  }

  /** The field by which a list's elements are told apart; null when it is not such a list. */
  static String listKey(String field) {
    return LIST_KEYS.get(field);
  }

  private void mergeList(ObjectNode target, String field, ArrayNode patch) {
    ArrayNode list = target.get(field) instanceof ArrayNode old ? old : target.putArray(field);
    String key = LIST_KEYS.get(field);
    for (JsonNode element : patch) {
      if (key == null) {
        removeFrom(list, element);
        list.add(element);
      } else {
        mergeElement(list, key, element);
      }
    }
  }

  private void mergeElement(ArrayNode list, String key, JsonNode element) {
    int at = indexOf(list, key, element.path(key));
    if (element.path("$patch").asText().equals("delete")) {
      if (at >= 0) {
        list.remove(at);
      }
    } else if (at >= 0 && list.get(at) instanceof ObjectNode old) {
      into(old, element);
    } else {
      list.add(element.deepCopy());
    }
  }

  /** Where the element with a key's value is in a list; -1: nowhere. */
  static int indexOf(ArrayNode list, String key, JsonNode value) {
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).path(key).equals(value)) {
        return i;
      }
    }
    return -1;
  }

  private static void removeFrom(ArrayNode list, JsonNode element) {
    for (int i = list.size() - 1; i >= 0; i--) {
      if (list.get(i).equals(element)) {
        list.remove(i);
      }
    }
  }
}
