// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import java.util.List;

/** A line of a table: as many cells as the table has columns; an empty one is not known. */
record Row(List<String> cells) {
  static Row of(String... cells) {
    return new Row(List.of(cells));
  }
}
