// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
    try {
      Path in = temporary(input);
      Path out = temporary("");
      Path err = temporary("");
      Process process =
          new ProcessBuilder(line)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        throw new AssertionError(String.join(" ", line) + ": does not end");
      }
      Command command = new Command(List.of(line), process.exitValue(), take(out), take(err));
      Files.delete(in);
      return command;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
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

  private static Path temporary(String content) throws IOException {
    Path file = Files.createTempFile("weft-e2e", "");
    Files.writeString(file, content);
    return file;
  }

  private static String take(Path file) throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    Files.delete(file);
    return text;
  }
}
