// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The fields of an object that can be owned: scalars, lists that are replaced as a whole, elements
 * of lists with a key. A path is written in the steps of {@code FieldsV1}: {@code f:spec}, {@code
 * k:{"type":"Ready"}}, {@code v:"x"}.
 */
final class FieldSet {
  /** What nobody owns. */
  private static final Set<String> SYSTEM =
      Set.of(
          "name",
          "namespace",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "uid",
          "generation",
          "generateName",
          "managedFields",
          "resourceVersion");

  private FieldSet() {}

  /** The fields of an object with their values. */
  static Map<List<String>, JsonNode> of(JsonNode object, Shape shape) {
    Map<List<String>, JsonNode> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (!name.equals("kind") && !name.equals("apiVersion") && !name.equals("metadata")) {
        walk(List.of("f:" + name), field.getValue(), shape.field(name), fields);
      }
    }
    for (Map.Entry<String, JsonNode> field : object.path("metadata").properties()) {
      if (!SYSTEM.contains(field.getKey())) {
        Shape inner = shape.field("metadata").field(field.getKey());
        walk(List.of("f:metadata", "f:" + field.getKey()), field.getValue(), inner, fields);
      }
    }
    return fields;
  }

  private static void walk(
      List<String> path, JsonNode value, Shape shape, Map<List<String>, JsonNode> fields) {
    if (value.isObject() && !value.isEmpty()) {
      value
          .properties()
          .forEach(
              field ->
                  walk(
                      plus(path, "f:" + field.getKey()),
                      field.getValue(),
                      shape.field(field.getKey()),
                      fields));
    } else if (value.isArray() && shape.key() != null && value.path(0).isObject()) {
      for (JsonNode element : value) {
        List<String> item = plus(path, keyStep(shape.key(), element));
        walk(item, element, shape.element(), fields);
        fields.put(item, BooleanNode.TRUE);
      }
    } else if (value.isArray() && shape.isSet()) {
      value.forEach(element -> fields.put(plus(path, "v:" + element), element));
    } else {
      fields.put(path, value);
    }
  }

  private static String keyStep(String key, JsonNode element) {
    return "k:" + Json.object().set(key, element.path(key));
  }

  private static List<String> plus(List<String> path, String step) {
    List<String> longer = new ArrayList<>(path);
    longer.add(step);
    return List.copyOf(longer);
  }

  /** Reads {@code fieldsV1}. */
  static Set<List<String>> read(JsonNode fields) {
    Set<List<String>> paths = new LinkedHashSet<>();
    read(List.of(), fields, paths);
    return paths;
  }

  private static void read(List<String> path, JsonNode fields, Set<List<String>> paths) {
    fields
        .properties()
        .forEach(
            field -> {
              if (field.getKey().equals(".")) {
                paths.add(path);
              } else if (field.getValue().isEmpty()) {
                paths.add(plus(path, field.getKey()));
              } else {
                read(plus(path, field.getKey()), field.getValue(), paths);
              }
            });
  }

  /** Writes {@code fieldsV1}. */
  static ObjectNode write(Collection<List<String>> paths) {
    ObjectNode fields = Json.object();
    for (List<String> path : paths) {
      ObjectNode at = fields;
      for (String step : path) {
        at = Json.child(at, step);
      }
    }
    // Where an element is owned beside its own fields, "." is its mark.
    for (List<String> path : paths) {
      ObjectNode at = fields;
      for (String step : path) {
        at = Json.child(at, step);
      }
      if (!at.isEmpty()) {
        at.putObject(".");
      }
    }
    return fields;
  }

  /** A path as messages have it: {@code .status.conditions[type="Ready"].status}. */
  static String text(List<String> path) {
    StringBuilder text = new StringBuilder();
    for (String step : path) {
      String rest = step.substring(2);
      switch (step.charAt(0)) {
        case 'f' -> text.append('.').append(rest);
        case 'k' ->
            Json.read(rest, false)
                .properties()
                .forEach(
                    key ->
                        text.append('[')
                            .append(key.getKey())
                            .append('=')
                            .append(key.getValue())
                            .append(']'));
        default -> text.append("[=").append(rest).append(']');
      }
    }
    return text.toString();
  }

  /** Takes a field out of an object, and the objects and lists that are empty without it. */
  static void remove(JsonNode node, List<String> path) {
    String step = path.get(0);
    List<String> rest = path.subList(1, path.size());
    JsonNode child = child(node, step);
    if (child == null) {
      return;
    }
    if (!rest.isEmpty()) {
      remove(child, rest);
    }
    if (rest.isEmpty() || child.isEmpty() && child.isContainerNode()) {
      if (node instanceof ObjectNode object) {
        object.remove(step.substring(2));
      } else if (node instanceof ArrayNode list) {
        for (int i = list.size() - 1; i >= 0; i--) {
          if (list.get(i) == child) {
            list.remove(i);
          }
        }
      }
    }
  }

  private static JsonNode child(JsonNode node, String step) {
    String rest = step.substring(2);
    if (step.startsWith("f:")) {
      return node.get(rest);
    }
    JsonNode wanted = Json.read(rest, false);
    for (JsonNode element : node) {
      if (step.startsWith("v:") ? element.equals(wanted) : hasAll(element, wanted)) {
        return element;
      }
    }
    return null;
  }

  private static boolean hasAll(JsonNode element, JsonNode keys) {
    for (Map.Entry<String, JsonNode> key : keys.properties()) {
      if (!key.getValue().equals(element.get(key.getKey()))) {
        return false;
      }
    }
    return true;
  }
}
