// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Rows under column names: as text for people, as JSON for programs.
 *
 * @param columns names, as JSON has them: {@code containerId}
 * @param rows the lines
 */
record Table(List<String> columns, List<Row> rows) {
  private static final JsonFactory JSON = new JsonFactory();

  /** Columns in capitals, padded, two blanks between them; "-" for what is not known. */
  String text() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(columns.stream().map(Table::heading).toList());
    rows.forEach(
        row -> lines.add(row.cells().stream().map(cell -> cell.isEmpty() ? "-" : cell).toList()));
    int[] widths = new int[columns.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder padded = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        padded.append(line.get(i)).append(" ".repeat(widths[i] - line.get(i).length() + 2));
      }
      text.append(padded.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** An array of objects; what is not known is left out. */
  String json() {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartArray();
      for (Row row : rows) {
        out.writeStartObject();
        for (int i = 0; i < columns.size(); i++) {
          if (!row.cells().get(i).isEmpty()) {
            out.writeStringField(columns.get(i), row.cells().get(i));
          }
        }
        out.writeEndObject();
      }
      out.writeEndArray();
    } catch (IOException e) {
      throw new IllegalStateException("a string cannot be written to", e);
    }
    return text + "\n";
  }

  private static String heading(String column) {
    return column.replaceAll("([A-Z])", "-$1").toUpperCase(Locale.ROOT);
  }
}
