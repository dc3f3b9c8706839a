// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.List;

/** Renders objects as a {@code meta.k8s.io/v1} Table, which is what {@code kubectl get} prints. */
final class Tables {
  private final InstantSource clock;

  Tables(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Renders a table.
   *
   * @param metadata of the list or object that it stands for
   * @param wholeObjects whether each row carries its object whole, or only its metadata
   */
  ObjectNode render(
      Kind kind, List<? extends JsonNode> objects, JsonNode metadata, boolean wholeObjects) {
    ObjectNode table = Json.object();
    table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
    table.set("metadata", metadata);
    ArrayNode heads = table.putArray("columnDefinitions");
    heads.add(head("Name", "string", 0).put("format", "name"));
    kind.columns()
        .forEach(column -> heads.add(head(column.name(), column.type(), column.priority())));
    ArrayNode rows = table.putArray("rows");
    objects.forEach(object -> rows.add(row(kind, object, wholeObjects)));
    return table;
  }

  private static ObjectNode head(String name, String type, int priority) {
    // Ages are sent as text; "date" would make a client format them once more.
    ObjectNode head = Json.object().put("name", name);
    head.put("type", type.equals("date") ? "string" : type);
    return head.put("format", "").put("description", name).put("priority", priority);
  }

  private ObjectNode row(Kind kind, JsonNode object, boolean wholeObject) {
    ObjectNode row = Json.object();
    ArrayNode cells = row.putArray("cells");
    cells.add(object.at("/metadata/name"));
    kind.columns().forEach(column -> cells.add(cell(column, object)));
    row.set("object", wholeObject ? object : metadataOnly(object));
    return row;
  }

  private JsonNode cell(Column column, JsonNode object) {
    JsonNode value = column.value().apply(object);
    if (value.isMissingNode() || value.isNull()) {
      return column.type().equals("date") ? TextNode.valueOf("<unknown>") : TextNode.valueOf("");
    }
    return column.type().equals("date") ? TextNode.valueOf(age(value.asText())) : value;
  }

  private static ObjectNode metadataOnly(JsonNode object) {
    ObjectNode partial = Json.object();
    partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    partial.set("metadata", object.path("metadata"));
    return partial;
  }

  private String age(String since) {
    try {
      return human(Duration.between(Instant.parse(since), clock.instant()));
    } catch (DateTimeParseException e) {
      return "<invalid>";
    }
  }

  /** A duration as kubectl shows ages: two units while the first is small. */
  static String human(Duration age) {
    long seconds = Math.max(0, age.toSeconds());
    long minutes = seconds / 60;
    long hours = minutes / 60;
    if (seconds < 120) {
      return seconds + "s";
    }
    if (minutes < 10) {
      return minutes + "m" + unlessZero(seconds % 60, "s");
    }
    if (hours < 3) {
      return minutes + "m";
    }
    if (hours < 8) {
      return hours + "h" + unlessZero(minutes % 60, "m");
    }
    return hours < 48 ? hours + "h" : hours / 24 + "d";
  }

  private static String unlessZero(long count, String unit) {
    return count == 0 ? "" : count + unit;
  }

  /** The metadata of a list. */
  static ObjectNode listMetadata(long version) {
    return Json.object().put("resourceVersion", Long.toString(version));
  }

  /** Metadata for a table of one object. */
  static JsonNode metadataOf(JsonNode object) {
    JsonNode version = object.at("/metadata/resourceVersion");
    return version instanceof MissingNode
        ? Json.object()
        : Json.object().set("resourceVersion", version);
  }
}
