// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The chart's values as a table: their comments and defaults are values.yaml's, their types the
 * schema's. A value is described by the line {@code # -- …} above it.
 */
final class ValuesTable {
  private static final String MARK = "# -- ";

  private final JsonNode defaults;
  private final JsonNode schema;
  private final List<String> lines;

  /** Reads a chart's values and their schema. */
  ValuesTable(Path chart) throws IOException {
    Path values = chart.resolve("values.yaml");
    defaults = new ObjectMapper(new YAMLFactory()).readTree(values.toFile());
    schema = new ObjectMapper().readTree(chart.resolve("values.schema.json").toFile());
    lines = Files.readAllLines(values);
  }

  /** The table in Markdown. */
  String markdown() {
    StringBuilder table =
        new StringBuilder("| value | type | default | meaning |\n| --- | --- | --- | --- |\n");
    String section = "";
    String text = "";
    for (String line : lines) {
      String entry = line.strip();
      if (entry.startsWith(MARK)) {
        text = entry.substring(MARK.length());
      } else if (entry.matches("[a-zA-Z]+:.*")) {
        String key = entry.substring(0, entry.indexOf(':'));
        boolean inside = line.startsWith("  ");
        section = inside ? section : key;
        if (!text.isEmpty()) {
          table.append(row(inside ? List.of(section, key) : List.of(key), text));
        }
        text = "";
      }
    }
    return table.toString();
  }

  private String row(List<String> path, String text) {
    JsonNode value = defaults;
    JsonNode type = schema;
    for (String key : path) {
      value = value.path(key);
      type = resolved(resolved(type).path("properties").path(key));
    }
    if (type.isMissingNode()) {
      throw new IllegalStateException(String.join(".", path) + " is not in values.schema.json");
    }
    return "| `%s` | %s | `%s` | %s |\n"
        .formatted(String.join(".", path), words(type), value, text);
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? schema.at(node.path("$ref").asText().substring(1)) : node;
  }

  private static String words(JsonNode type) {
    if (type.has("enum")) {
      return join(type.path("enum"));
    }
    JsonNode name = type.path("type");
    return name.isArray() ? join(name) : name.asText();
  }

  private static String join(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.joining(" or "));
  }
}
