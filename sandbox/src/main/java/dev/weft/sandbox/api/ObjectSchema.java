// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Checks an object against the schema of its CustomResourceDefinition and its rules in CEL, puts
 * defaults in and takes unknown fields out; it reports no more of a field that did not change, as a
 * kube-apiserver (validation ratcheting).
 */
final class ObjectSchema {
  private static final CelRules RULES = new CelRules();

  /** Where a schema has what there may be; the rest is the server's own. */
  private static final List<String> PARTS = List.of("spec", "status");

  private final List<String> problems = new ArrayList<>();

  /** Whether the object is too wrong for its rules to be evaluated. */
  private boolean blocked;

  /** Puts in the schema's defaults of fields that are left out. */
  static void fill(Kind kind, ObjectNode object) {
    for (String field : PARTS) {
      if (object.has(field)) {
        fill(object.get(field), kind.schema().at("/properties/" + field));
      }
    }
  }

  /**
   * Takes unknown fields out.
   *
   * @param strict whether one is an error instead
   * @throws ApiException 400 with all unknown fields
   */
  static void prune(Kind kind, ObjectNode object, boolean strict) {
    Set<String> unknown = new TreeSet<>();
    for (String field : PARTS) {
      if (object.has(field)) {
        prune(field, object.get(field), kind.schema().at("/properties/" + field), unknown);
      }
    }
    if (strict && !unknown.isEmpty()) {
      throw ApiException.badRequest("strict decoding error: " + String.join(", ", unknown));
    }
  }

  /**
   * Checks an object.
   *
   * @param before what it replaces; null when it is new
   * @throws ApiException 422 with all problems
   */
  static void check(Kind kind, ObjectNode object, JsonNode before) {
    if (!kind.isCustom()) {
      return;
    }
    ObjectSchema check = new ObjectSchema();
    check.required("", object, kind.schema());
    for (String field : PARTS) {
      if (object.has(field)) {
        check.value(
            field, object.get(field), kind.schema().at("/properties/" + field), at(before, field));
      }
    }
    if (check.blocked) {
      check.problems.add(
          "<nil>: Invalid value: null: some validation rules were not checked because the object"
              + " was invalid; correct the existing errors to complete validation");
    } else {
      check.rules("", object, kind.schema(), before);
    }
    if (!check.problems.isEmpty()) {
      throw ApiException.invalid(kind, object.at("/metadata/name").asText(), check.problems);
    }
  }

  /** The field of a value that was there before; null: there was none. */
  private static JsonNode at(JsonNode before, String field) {
    return before == null ? null : before.get(field);
  }

  private static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      for (var property : schema.path("properties").properties()) {
        JsonNode fallback = property.getValue().get("default");
        if (fallback != null && !object.has(property.getKey())) {
          object.set(property.getKey(), fallback.deepCopy());
        }
      }
      object.properties().forEach(field -> fill(field.getValue(), member(schema, field.getKey())));
    } else {
      value.forEach(element -> fill(element, schema.path("items")));
    }
  }

  private static void prune(String path, JsonNode value, JsonNode schema, Set<String> unknown) {
    if (value instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        if (!isOpen(schema) && !schema.path("properties").has(name)) {
          object.remove(name);
          unknown.add("unknown field \"" + path + "." + name + '"');
        } else {
          prune(path + "." + name, object.get(name), member(schema, name), unknown);
        }
      }
    } else {
      for (int i = 0; i < value.size(); i++) {
        prune(path + "[" + i + "]", value.get(i), schema.path("items"), unknown);
      }
    }
  }

  private static boolean isOpen(JsonNode schema) {
    return schema.has("additionalProperties")
        || schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()
        || !schema.path("properties").isObject();
  }

  private static JsonNode member(JsonNode schema, String field) {
    JsonNode declared = schema.path("properties").path(field);
    return declared.isMissingNode() ? schema.path("additionalProperties") : declared;
  }

  private void value(String path, JsonNode value, JsonNode schema, JsonNode old) {
    if (value.equals(old)) {
      return;
    }
    String type = schema.path("type").asText();
    if (!hasType(value, type)) {
      String quoted = '"' + typeOf(value) + '"';
      // Where there is a format, a kube-apiserver takes it for the type.
      String wanted = schema.path("format").asText(type);
      invalid(path, quoted, path + " in body must be of type " + wanted + ": " + quoted);
      blocked = true;
    } else if (value instanceof ObjectNode object) {
      required(path, object, schema);
      for (var field : object.properties()) {
        String name = field.getKey();
        value(path + "." + name, field.getValue(), member(schema, name), at(old, name));
      }
    } else if (value.isArray()) {
      list(path, value, schema);
    } else if (value.isTextual()) {
      text(path, value.asText(), schema);
    } else if (value.isNumber()) {
      number(path, value, schema);
    }
  }

  private static boolean hasType(JsonNode value, String type) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "boolean" -> value.isBoolean();
      default -> true;
    };
  }

  private static String typeOf(JsonNode value) {
    if (value.isIntegralNumber()) {
      return "integer";
    }
    return value.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
  }

  private void required(String path, ObjectNode object, JsonNode schema) {
    for (JsonNode field : schema.path("required")) {
      if (!object.has(field.asText())) {
        String at = path.isEmpty() ? field.asText() : path + "." + field.asText();
        block(at + ": Required value");
      }
    }
  }

  private void list(String path, JsonNode list, JsonNode schema) {
    if (schema.has("maxItems") && list.size() > schema.path("maxItems").asInt()) {
      block(
          "%s: Too many: %d: must have at most %s items"
              .formatted(path, list.size(), schema.path("maxItems")));
    }
    JsonNode keys = schema.path("x-kubernetes-list-map-keys");
    Set<JsonNode> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode element = list.get(i);
      ObjectNode key = Json.object();
      keys.forEach(name -> key.set(name.asText(), element.path(name.asText())));
      if (!key.isEmpty() && !seen.add(key)) {
        problems.add(path + "[" + i + "]: Duplicate value: " + key);
      }
      value(path + "[" + i + "]", element, schema.path("items"), null);
    }
  }

  private void text(String path, String text, JsonNode schema) {
    String quoted = '"' + text + '"';
    if (schema.has("pattern")
        && !Pattern.compile(schema.path("pattern").asText()).matcher(text).find()) {
      String pattern = schema.path("pattern").asText();
      invalid(path, quoted, path + " in body should match '" + pattern + "'");
    }
    if (schema.has("maxLength") && text.length() > schema.path("maxLength").asInt()) {
      block(path + ": Too long: may not be more than " + schema.path("maxLength") + " bytes");
    }
    if (schema.has("minLength") && text.length() < schema.path("minLength").asInt()) {
      invalid(
          path,
          quoted,
          path + " in body should be at least " + schema.path("minLength") + " chars long");
    }
    if (schema.path("format").asText().equals("date-time") && !isTime(text)) {
      invalid(path, quoted, path + " in body must be of type date-time: " + quoted);
    }
    if (schema.has("enum") && !contains(schema.path("enum"), text)) {
      List<String> supported = new ArrayList<>();
      schema.path("enum").forEach(word -> supported.add(word.toString()));
      block(
          path
              + ": Unsupported value: "
              + quoted
              + ": supported values: "
              + String.join(", ", supported));
    }
  }

  private static boolean isTime(String text) {
    try {
      return OffsetDateTime.parse(text) != null;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private static boolean contains(JsonNode list, String text) {
    for (JsonNode element : list) {
      if (element.asText().equals(text)) {
        return true;
      }
    }
    return false;
  }

  private void number(String path, JsonNode number, JsonNode schema) {
    if (schema.has("minimum") && number.asDouble() < schema.path("minimum").asDouble()) {
      invalid(
          path,
          number,
          path + " in body should be greater than or equal to " + schema.path("minimum").asLong());
    }
    if (schema.has("maximum") && number.asDouble() > schema.path("maximum").asDouble()) {
      invalid(
          path,
          number,
          path + " in body should be less than or equal to " + schema.path("maximum").asLong());
    }
  }

  /** Evaluates the rules of a value and of everything in it. */
  private void rules(String path, JsonNode value, JsonNode schema, JsonNode old) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      if (!value.equals(old) && !RULES.holds(rule.path("rule").asText(), value, old)) {
        String shown = '"' + typeOf(value) + '"';
        invalid(path.isEmpty() ? "<nil>" : path, shown, rule.path("message").asText());
      }
    }
    if (value.isObject()) {
      for (var field : value.properties()) {
        String name = field.getKey();
        String inner = path.isEmpty() ? name : path + "." + name;
        rules(inner, field.getValue(), member(schema, name), at(old, name));
      }
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        rules(path + "[" + i + "]", value.get(i), schema.path("items"), null);
      }
    }
  }

  private void block(String problem) {
    problems.add(problem);
    blocked = true;
  }

  private void invalid(String path, Object shown, String why) {
    problems.add(path + ": Invalid value: " + shown + ": " + why);
  }
}
