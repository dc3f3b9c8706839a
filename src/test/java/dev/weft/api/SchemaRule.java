// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One rule of a schema, such as {@code maxLength: 43} of {@code /spec/cidr}.
 *
 * @param pointer what it is about, in an object whose lists have one entry and whose maps one key
 * @param keyword of JSON Schema or Kubernetes
 * @param value what the keyword says; of {@code required} one name
 */
record SchemaRule(JsonPointer pointer, String keyword, JsonNode value) {
  /** What restricts nothing, or is walked into, or is restricted by another keyword. */
  private static final Set<String> NO_RULES =
      Set.of(
          "description",
          "default",
          "properties",
          "items",
          "additionalProperties",
          "x-kubernetes-list-map-keys",
          "x-kubernetes-validations");

  /** Every rule of a schema, CEL aside. */
  static List<SchemaRule> of(JsonNode schema, JsonNode sample) {
    List<SchemaRule> rules = new ArrayList<>();
    collect(schema, sample, JsonPointer.empty(), rules);
    // Nothing that is no object is taken for one of its kind.
    rules.removeIf(rule -> rule.pointer.matches() && rule.keyword.equals("type"));
    return rules;
  }

  private static void collect(
      JsonNode schema, JsonNode sample, JsonPointer pointer, List<SchemaRule> rules) {
    if (sample.isMissingNode()) {
      throw new IllegalStateException("the sample lacks a field that the schema has: " + pointer);
    }
    schema
        .fieldNames()
        .forEachRemaining(
            keyword -> {
              JsonNode value = schema.get(keyword);
              if (keyword.equals("required")) {
                value.forEach(name -> rules.add(new SchemaRule(pointer, keyword, name)));
              } else if (!NO_RULES.contains(keyword)) {
                // Where there is a format, the API server takes it for the type.
                boolean typed = keyword.equals("type") && schema.has("format");
                rules.add(new SchemaRule(pointer, keyword, typed ? schema.get("format") : value));
              }
            });
    schema
        .path("properties")
        .forEachEntry(
            (name, field) ->
                collect(field, sample.path(name), pointer.appendProperty(name), rules));
    if (schema.has("items")) {
      collect(schema.get("items"), sample.path(0), pointer.appendIndex(0), rules);
    }
    if (schema.has("additionalProperties")) {
      String key = sample.fieldNames().next();
      collect(
          schema.get("additionalProperties"), sample.path(key), pointer.appendProperty(key), rules);
    }
  }

  /** Makes an object break this rule. */
  void violate(ObjectNode object) {
    JsonNode here = object.at(pointer);
    switch (keyword) {
      case "required" -> ((ObjectNode) here).remove(value.asText());
      case "type" -> put(object, here.isTextual() ? IntNode.valueOf(5) : text("text"));
      case "maxLength" -> put(object, text("1".repeat(value.asInt() + 1)));
      case "minLength" -> put(object, text("1".repeat(value.asInt() - 1)));
      case "pattern" -> put(object, text("?"));
      case "enum", "format" -> put(object, text("nonsense"));
      case "minimum" -> put(object, IntNode.valueOf(value.asInt() - 1));
      case "maximum" -> put(object, IntNode.valueOf(value.asInt() + 1));
      case "maxItems" -> repeat((ArrayNode) here, value.asInt() + 1);
      case "x-kubernetes-list-type" -> repeat((ArrayNode) here, 2);
      default -> throw new IllegalStateException("no test of the rule " + this);
    }
  }

  /** What the API server's refusal must say, beside the field. */
  String refusal() {
    return switch (keyword) {
      case "required" -> "Required value";
      case "type", "format" -> "must be of type " + value.asText();
      case "maxLength" -> "may not be more than " + value.asText() + " bytes";
      case "minLength" -> "should be at least " + value.asText() + " chars long";
      case "pattern" -> "should match '" + value.asText() + "'";
      case "enum" -> "supported values: \"" + value.get(0).asText() + "\"";
      case "minimum" -> "should be greater than or equal to " + value.asInt();
      case "maximum" -> "should be less than or equal to " + value.asInt();
      case "maxItems" -> "must have at most " + value.asText() + " items";
      case "x-kubernetes-list-type" -> "Duplicate value";
      default -> throw new IllegalStateException("no test of the rule " + this);
    };
  }

  /** The field that a refusal names, {@code spec.reserved[0]}. */
  String field() {
    String field =
        pointer
            .toString()
            .replaceAll("/(\\d+)(?=/|$)", "[$1]")
            .replace('/', '.')
            .replaceFirst("^\\.", "");
    return switch (keyword) {
      case "required" -> (field.isEmpty() ? "" : field + ".") + value.asText();
      case "x-kubernetes-list-type" -> field + "[1]";
      default -> field;
    };
  }

  private void put(ObjectNode object, JsonNode wrong) {
    JsonNode parent = object.at(pointer.head());
    if (parent instanceof ArrayNode list) {
      list.set(pointer.last().getMatchingIndex(), wrong);
    } else {
      ((ObjectNode) parent).set(pointer.last().getMatchingProperty(), wrong);
    }
  }

  private static void repeat(ArrayNode list, int times) {
    while (list.size() < times) {
      list.add(list.get(0).deepCopy());
    }
  }

  private static JsonNode text(String text) {
    return TextNode.valueOf(text);
  }

  @Override
  public String toString() {
    return pointer + " " + keyword + " " + value;
  }
}
