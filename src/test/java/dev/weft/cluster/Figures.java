// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the tests measure, for one table at the end. */
final class Figures {
  private static final Map<String, String> VALUES = new LinkedHashMap<>();

  private Figures() {}

  /** Notes a figure, with its unit; also at once, to be seen while the tests run. */
  static synchronized void note(String what, String value) {
    VALUES.put(what, value);
    System.out.println(what + ": " + value);
  }

  private static synchronized String table() {
    int width = VALUES.keySet().stream().mapToInt(String::length).max().orElse(0);
    StringBuilder table = new StringBuilder();
    VALUES.forEach(
        (what, value) -> table.append(("%-" + width + "s  %s%n").formatted(what, value)));
    return table.toString();
  }

  /** Prints every figure when the last test has ended, and leaves them in build/log/e2e.txt. */
  static final class Table implements AutoCloseable {
    @Override
    public void close() throws IOException {
      System.out.printf("=== Figures%n%s", table());
      Path file = Path.of(Cluster.file("build/log/e2e.txt"));
      Files.createDirectories(file.getParent());
      Files.writeString(file, table());
    }
  }
}
