// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Runs other programs and collects their output. */
final class Commands {
  private Commands() {}

  /** Prepares a command; no proxy of this machine is in its way to the sandbox's API server. */
  static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
    return builder;
  }

  /** Runs a command to its end. */
  static ExecResult run(List<String> command) {
    return run(command, Map.of(), "");
  }

  /**
   * Runs a command to its end.
   *
   * @param environment what is added to this process's own
   * @param input what it reads
   * @throws SandboxException when it cannot be started
   */
  static ExecResult run(List<String> command, Map<String, String> environment, String input) {
    ProcessBuilder builder = builder(command);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      CompletableFuture<String> errors =
          CompletableFuture.supplyAsync(() -> text(process.errorReader(StandardCharsets.UTF_8)));
      write(process, input);
      String output = text(process.inputReader(StandardCharsets.UTF_8));
      return new ExecResult(command, process.waitFor(), output, errors.join());
    } catch (IOException e) {
      throw new SandboxException("run " + command.get(0) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("run " + String.join(" ", command) + ": interrupted", e);
    }
  }

  /** Runs a command that must succeed, and returns what it wrote. */
  static String must(String... command) {
    return run(List.of(command)).orThrow().stdout();
  }

  private static void write(Process process, String input) throws IOException {
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      if (process.isAlive()) {
        throw e;
      }
      // It ended without reading: its exit code matters.
    }
  }

  private static String text(java.io.BufferedReader reader) {
    StringBuilder text = new StringBuilder();
    char[] chunk = new char[8192];
    try {
      for (int n = reader.read(chunk); n >= 0; n = reader.read(chunk)) {
        text.append(chunk, 0, n);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
