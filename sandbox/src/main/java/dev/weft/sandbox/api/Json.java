// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/** Reading and writing the trees that requests, objects and answers are made of. */
final class Json {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final YAMLMapper YAML = new YAMLMapper();

  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Reads JSON or YAML (of which JSON is a part). */
  static JsonNode read(String text, boolean yaml) {
    try {
      return yaml ? YAML.readTree(text) : JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw ApiException.badRequest("cannot read the body: " + e.getOriginalMessage());
    }
  }

  /** Reads an object; anything else is a bad request. */
  static ObjectNode readObject(String text, boolean yaml) {
    if (read(text, yaml) instanceof ObjectNode object) {
      return object;
    }
    throw ApiException.badRequest("the body is not an object");
  }

  static String write(JsonNode node) {
    return node.toString();
  }

  /** The object under a field, made when it is not there. */
  static ObjectNode child(ObjectNode parent, String field) {
    return parent.get(field) instanceof ObjectNode object ? object : parent.putObject(field);
  }

  /** Takes every null out, at any depth: a field that is null is one that is not there. */
  static void dropNulls(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().removeIf(field -> field.getValue().isNull());
    }
    node.forEach(Json::dropNulls);
  }
}
