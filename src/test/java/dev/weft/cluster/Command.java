// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that has ended.
 *
 * @param line what was run
 * @param code its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Command(List<String> line, int code, String out, String err) {
  private static final long TIMEOUT_MINUTES = 5;

  /** Runs a program to its end, whatever that is. */
  static Command run(String... line) {
    return runWithInput("", line);
  }

  /** Runs a program with a text on its standard input. */
  static Command runWithInput(String input, String... line) {
    List<Path> files = new ArrayList<>();
    try {
      for (String content : List.of(input, "", "")) {
        files.add(Files.createTempFile("weft-e2e", ""));
        Files.writeString(files.get(files.size() - 1), content);
      }
      Process process =
          new ProcessBuilder(line)
              .redirectInput(files.get(0).toFile())
              .redirectOutput(files.get(1).toFile())
              .redirectError(files.get(2).toFile())
              .start();
      if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError(String.join(" ", line) + ": does not end");
      }
      return new Command(
          List.of(line), process.exitValue(), read(files.get(1)), read(files.get(2)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      files.forEach(file -> file.toFile().delete());
    }
  }

  /** Runs a program that must succeed; what it wrote, without blanks around it. */
  static String ok(String... line) {
    return run(line).succeeded();
  }

  /** What it wrote, without blanks around it; an error where it failed. */
  String succeeded() {
    if (code != 0) {
      throw new AssertionError(
          "%s: exit code %d%n%s%s".formatted(String.join(" ", line), code, out, err));
    }
    return out.strip();
  }

  /** Whatever bytes a program wrote. */
  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
