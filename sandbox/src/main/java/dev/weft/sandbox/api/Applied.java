// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * What each field manager applied last, so that what it applies no more is removed, unless another
 * one still applies it. Conflicts between managers are not detected: the last one wins.
 */
final class Applied {
  /**
   * Whose configuration it is.
   *
   * @param path of the object
   * @param uid of the object
   * @param manager the field manager
   */
  private record Owner(String path, String uid, String manager) {}

  private final Map<Owner, JsonNode> configurations = new HashMap<>();

  /**
   * Merges a configuration into an object.
   *
   * @param path of the object, with its subresource
   */
  void apply(String path, String manager, ObjectNode object, JsonNode configuration) {
    String uid = object.at("/metadata/uid").asText();
    Owner owner = new Owner(path, uid, manager);
    JsonNode last = configurations.get(owner);
    if (last != null) {
      removeStale(object, last, configuration, othersThan(owner));
    }
    Merge.BY_KEY.into(object, configuration);
  }

  /** Remembers what was applied, once it is stored. */
  void remember(String path, String uid, String manager, JsonNode configuration) {
    configurations.put(new Owner(path, uid, manager), configuration);
  }

  /** Forgets what was applied to an object that is gone. */
  void forget(String uid) {
    configurations.keySet().removeIf(owner -> owner.uid().equals(uid));
  }

  private List<JsonNode> othersThan(Owner owner) {
    return configurations.entrySet().stream()
        .filter(entry -> entry.getKey().uid().equals(owner.uid()) && !entry.getKey().equals(owner))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static void removeStale(
      ObjectNode object, JsonNode last, JsonNode now, List<JsonNode> others) {
    for (Map.Entry<String, JsonNode> field : last.properties()) {
      String name = field.getKey();
      JsonNode held = object.get(name);
      List<JsonNode> otherValues =
          others.stream().filter(other -> other.has(name)).map(other -> other.get(name)).toList();
      if (held instanceof ObjectNode child && field.getValue().isObject()) {
        removeStale(child, field.getValue(), now.path(name), otherValues);
        if (child.isEmpty() && !now.has(name) && otherValues.isEmpty()) {
          object.remove(name);
        }
      } else if (held instanceof ArrayNode list && Merge.listKey(name) != null) {
        removeStaleElements(
            list, Merge.listKey(name), field.getValue(), now.path(name), otherValues);
      } else if (!now.has(name) && otherValues.isEmpty()) {
        object.remove(name);
      }
    }
  }

  private static void removeStaleElements(
      ArrayNode list, String key, JsonNode last, JsonNode now, List<JsonNode> others) {
    for (Iterator<JsonNode> elements = list.elements(); elements.hasNext(); ) {
      JsonNode value = elements.next().path(key);
      boolean wanted =
          contains(now, key, value)
              || others.stream().anyMatch(other -> contains(other, key, value));
      if (contains(last, key, value) && !wanted) {
        elements.remove();
      }
    }
  }

  private static boolean contains(JsonNode list, String key, JsonNode value) {
    return list instanceof ArrayNode array && Merge.indexOf(array, key, value) >= 0;
  }
}
