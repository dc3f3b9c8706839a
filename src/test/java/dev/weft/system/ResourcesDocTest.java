// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * docs/resources.md says what every field of the custom resources is, as their CRDs do; {@code
 * -Dweft.write=true} writes it.
 */
class ResourcesDocTest {
  private static final Path HOME = Path.of("..");
  private static final Path FILE = HOME.resolve("docs/resources.md");

  @Test
  void listsEveryFieldOfEveryResource() throws IOException {
    String text =
        """
        # Resources

        Generated from the CRDs by `make docs`: do not edit, but for the last section. `kubectl explain ippools.spec` shows the same.

        %s
        %s
        %s"""
            .formatted(resource("ippools"), resource("ipallocations"), states());
    GeneratedDocument.assertCurrent(FILE, text);
  }

  /** The section that is written by hand. */
  private static String states() throws IOException {
    String file = Files.readString(FILE);
    return file.substring(file.indexOf("## States of a block"));
  }

  private static String resource(String plural) throws IOException {
    Path file = HOME.resolve("crds/" + plural + ".weft.dev.yaml");
    JsonNode definition = new ObjectMapper(new YAMLFactory()).readTree(file.toFile()).path("spec");
    JsonNode version = definition.path("versions").path(0);
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    StringBuilder text = new StringBuilder();
    text.append(
        "## %s, `%s/%s`\n\n"
            .formatted(
                definition.at("/names/kind").asText(),
                definition.path("group").asText(),
                version.path("name").asText()));
    text.append(schema.path("description").asText()).append("\n\n");
    text.append("| field | type | default | meaning |\n| --- | --- | --- | --- |\n");
    rows(text, "", schema);
    text.append("\nRules that the API server checks before anything is written:\n\n");
    rules(text, "", schema);
    return text.toString();
  }

  private static void rows(StringBuilder text, String path, JsonNode object) {
    Set<String> required = new HashSet<>();
    object.path("required").forEach(name -> required.add(name.asText()));
    for (Map.Entry<String, JsonNode> property : object.path("properties").properties()) {
      JsonNode schema = property.getValue();
      String field = path + property.getKey();
      JsonNode items = schema.path("items");
      String standard =
          schema.has("default")
              ? "`%s`".formatted(schema.path("default"))
              : required.contains(property.getKey()) ? "required" : "";
      text.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(field, type(schema), standard, schema.path("description").asText()));
      rows(text, field + ".", schema);
      rows(text, field + "[].", items);
    }
  }

  private static String type(JsonNode schema) {
    String type = schema.path("type").asText();
    if (type.equals("array")) {
      return "list of "
          + schema.at("/items/type").asText()
          + "s, at most "
          + schema.path("maxItems");
    }
    return schema.has("additionalProperties")
        ? "map of " + schema.at("/additionalProperties/type").asText() + "s"
        : schema.path("format").asText(type);
  }

  private static void rules(StringBuilder text, String path, JsonNode schema) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      String field = path.isEmpty() ? "the object" : "`%s`".formatted(path);
      text.append("- %s: %s\n".formatted(field, rule.path("message").asText()));
    }
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      rules(
          text,
          path.isEmpty() ? property.getKey() : path + "." + property.getKey(),
          property.getValue());
    }
    if (schema.has("items")) {
      rules(text, path + "[]", schema.get("items"));
    }
  }
}
