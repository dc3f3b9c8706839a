// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints a {@code meta.k8s.io/v1} Table as kubectl does. */
final class TextTable {
  private static final String GAP = "   ";

  private TextTable() {}

  /**
   * The text of a table.
   *
   * @param wide also the columns that {@code -o wide} shows
   */
  static String render(JsonNode table, boolean wide) {
    List<List<String>> lines = new ArrayList<>();
    List<Integer> shown = new ArrayList<>();
    List<String> heads = new ArrayList<>();
    JsonNode columns = table.path("columnDefinitions");
    for (int i = 0; i < columns.size(); i++) {
      if (wide || columns.get(i).path("priority").asInt() == 0) {
        shown.add(i);
        heads.add(columns.get(i).path("name").asText().toUpperCase(Locale.ROOT));
      }
    }
    lines.add(heads);
    for (JsonNode row : table.path("rows")) {
      lines.add(shown.stream().map(i -> row.path("cells").path(i).asText()).toList());
    }
    return align(lines);
  }

  private static String align(List<List<String>> lines) {
    StringBuilder text = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder padded = new StringBuilder();
      for (int i = 0; i < line.size(); i++) {
        int column = i;
        int width = lines.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
        padded.append(String.format("%-" + Math.max(1, width) + "s", line.get(i))).append(GAP);
      }
      text.append(padded.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
