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
import java.util.regex.Pattern;

/**
 * Checks an object against the schema of its CustomResourceDefinition, puts defaults in and takes
 * unknown fields out. Of CEL rules only {@code self == oldSelf} is understood; the others are left
 * to a real API server.
 */
final class SchemaCheck {
  private final List<String> problems = new ArrayList<>();
  private final Set<String> unknownFields = new HashSet<>();

  /**
   * Checks, fills and prunes an object.
   *
   * @param before what it replaces; null when it is new
   * @param strict whether an unknown field is an error
   * @throws ApiException 422 with all problems, or 400 for unknown fields
   */
  static void check(Kind kind, ObjectNode object, JsonNode before, boolean strict) {
    if (!kind.schema().isObject()) {
      return;
    }
    SchemaCheck check = new SchemaCheck();
    for (String field : List.of("spec", "status")) {
      JsonNode schema = kind.schema().path("properties").path(field);
      JsonNode old = before == null ? null : before.get(field);
      if (object.has(field)) {
        check.value(field, object.get(field), schema, old);
      }
    }
    check.required("", object, kind.schema());
    if (strict && !check.unknownFields.isEmpty()) {
      throw ApiException.badRequest("strict decoding error: unknown field " + check.unknownFields);
    }
    if (!check.problems.isEmpty()) {
      String name = object.at("/metadata/name").asText();
      throw ApiException.invalid(kind, name, String.join(", ", check.problems));
    }
  }

  private void value(String path, JsonNode value, JsonNode schema, JsonNode old) {
    if (!hasType(value, schema.path("type").asText())) {
      problems.add(
          path + ": Invalid value: " + value + ": must be of type " + schema.path("type").asText());
      return;
    }
    rules(path, value, schema, old);
    if (value instanceof ObjectNode object) {
      object(path, object, schema, old);
    } else if (value.isArray()) {
      list(path, value, schema);
    } else if (value.isTextual()) {
      text(path, value.asText(), schema);
    } else if (value.isNumber()) {
      number(path, value.asDouble(), schema);
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

  private void object(String path, ObjectNode object, JsonNode schema, JsonNode old) {
    JsonNode properties = schema.path("properties");
    boolean open =
        schema.has("additionalProperties")
            || schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()
            || !properties.isObject();
    properties
        .properties()
        .forEach(
            property -> {
              JsonNode fallback = property.getValue().get("default");
              if (fallback != null && !object.has(property.getKey())) {
                object.set(property.getKey(), fallback.deepCopy());
              }
            });
    if (!open) {
      object.properties().removeIf(field -> unknown(path, field.getKey(), properties));
    }
    required(path, object, schema);
    object
        .properties()
        .forEach(
            field -> {
              JsonNode oldField = old == null ? null : old.get(field.getKey());
              value(
                  path + "." + field.getKey(),
                  field.getValue(),
                  properties.path(field.getKey()).isMissingNode()
                      ? schema.path("additionalProperties")
                      : properties.path(field.getKey()),
                  oldField);
            });
  }

  private boolean unknown(String path, String field, JsonNode properties) {
    if (properties.has(field)) {
      return false;
    }
    unknownFields.add('"' + path + "." + field + '"');
    return true;
  }

  private void required(String path, ObjectNode object, JsonNode schema) {
    for (JsonNode field : schema.path("required")) {
      if (!object.has(field.asText())) {
        String at = path.isEmpty() ? field.asText() : path + "." + field.asText();
        problems.add(at + ": Required value");
      }
    }
  }

  private void list(String path, JsonNode list, JsonNode schema) {
    if (schema.has("maxItems") && list.size() > schema.path("maxItems").asInt()) {
      problems.add(path + ": Too many: must have at most " + schema.path("maxItems") + " items");
    }
    JsonNode keys = schema.path("x-kubernetes-list-map-keys");
    Set<List<JsonNode>> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode element = list.get(i);
      List<JsonNode> key = new ArrayList<>();
      keys.forEach(name -> key.add(element.path(name.asText())));
      if (!key.isEmpty() && !seen.add(key)) {
        problems.add(path + "[" + i + "]: Duplicate value: " + key);
      }
      value(path + "[" + i + "]", element, schema.path("items"), null);
    }
  }

  private void text(String path, String text, JsonNode schema) {
    if (schema.has("pattern")
        && !Pattern.compile(schema.path("pattern").asText()).matcher(text).find()) {
      invalid(path, text, "must match '" + schema.path("pattern").asText() + "'");
    }
    if (schema.has("maxLength") && text.length() > schema.path("maxLength").asInt()) {
      invalid(path, text, "may not be longer than " + schema.path("maxLength"));
    }
    if (schema.has("minLength") && text.length() < schema.path("minLength").asInt()) {
      invalid(path, text, "must be at least " + schema.path("minLength") + " long");
    }
    if (schema.path("format").asText().equals("date-time") && !isTime(text)) {
      invalid(path, text, "must be of type date-time");
    }
    if (schema.has("enum") && !contains(schema.path("enum"), text)) {
      problems.add(
          path + ": Unsupported value: \"" + text + "\": supported values: " + schema.path("enum"));
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

  private void number(String path, double number, JsonNode schema) {
    if (schema.has("minimum") && number < schema.path("minimum").asDouble()) {
      invalid(path, number, "must be greater than or equal to " + schema.path("minimum"));
    }
    if (schema.has("maximum") && number > schema.path("maximum").asDouble()) {
      invalid(path, number, "must be less than or equal to " + schema.path("maximum"));
    }
  }

  private void rules(String path, JsonNode value, JsonNode schema, JsonNode old) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      boolean immutable = rule.path("rule").asText().strip().equals("self == oldSelf");
      if (immutable && old != null && !old.equals(value)) {
        invalid(path, value, rule.path("message").asText("may not change"));
      }
    }
  }

  private void invalid(String path, Object value, String why) {
    problems.add(path + ": Invalid value: \"" + value + "\": " + why);
  }
}
