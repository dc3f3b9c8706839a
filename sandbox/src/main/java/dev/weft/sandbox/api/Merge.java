// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Merges one tree into another: plainly (RFC 7396, lists are replaced), or as Kubernetes does where
 * it knows that a list is a set, or a map by one of its elements' fields.
 */
enum Merge {
  /** JSON merge patch. */
  PLAIN,
  /** Strategic merge patch, and server-side apply. */
  BY_KEY;

  /**
   * Merges a patch into an object; a null in it removes what it names.
   *
   * @param shape of the object: which of its lists have keys
   */
  void into(ObjectNode target, JsonNode patch, Shape shape) {
    patch
        .properties()
        .forEach(
            field -> merge(target, field.getKey(), field.getValue(), shape.field(field.getKey())));
  }

  private void merge(ObjectNode target, String field, JsonNode value, Shape shape) {
    if (this == BY_KEY && field.startsWith("$")) {
      directive(target, field, value);
    } else if (value.isNull()) {
      target.remove(field);
    } else if (value.isObject()) {
      into(Json.child(target, field), value, shape);
    } else if (value instanceof ArrayNode list && this == BY_KEY && isKeyed(shape, list)) {
      mergeList(target, field, list, shape);
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

  /** Whether the list's elements have keys. */
  private static boolean isKeyed(Shape shape, ArrayNode list) {
    return shape.isSet() || shape.key() != null && list.path(0).isObject();
  }

  private void mergeList(ObjectNode target, String field, ArrayNode patch, Shape shape) {
    ArrayNode list = target.get(field) instanceof ArrayNode old ? old : target.putArray(field);
    String key = shape.key();
    for (JsonNode element : patch) {
      if (key == null) {
        removeFrom(list, element);
        list.add(element);
      } else {
        mergeElement(list, key, element, shape.element());
      }
    }
  }

  private void mergeElement(ArrayNode list, String key, JsonNode element, Shape shape) {
    int at = indexOf(list, key, element.path(key));
    if (element.path("$patch").asText().equals("delete")) {
      if (at >= 0) {
        list.remove(at);
      }
    } else if (at >= 0 && list.get(at) instanceof ObjectNode old) {
      into(old, element, shape);
    } else {
      list.add(element.deepCopy());
    }
  }

  /** Where the element with a key's value is in a list; -1: nowhere. */
  private static int indexOf(ArrayNode list, String key, JsonNode value) {
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
