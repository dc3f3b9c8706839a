// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs {@code nft}: to write rules, and to read them back. Never on the path of an ADD or DEL. */
final class NftProgram {
  private static final long TIMEOUT_SECONDS = 10;

  /** How a run ended. */
  record Result(int code, String output) {}

  /**
   * Carries out a script as one transaction.
   *
   * @throws DataplaneException if it is refused; the message has nft's words
   */
  void apply(String script) throws DataplaneException {
    Result result = run(script, List.of("-f", "-"));
    if (result.code != 0) {
      throw new DataplaneException(
          Reason.OTHER, "write nftables rules: nft: " + result.output.strip());
    }
  }

  /**
   * The text of a table with the elements of its sets left out, and counters too.
   *
   * @return empty where there is no such table
   */
  String list(String family, String table) throws DataplaneException {
    return listed(List.of("-s", "-t", "list", "table", family, table));
  }

  /** As {@link #list}, with the elements of its sets. */
  String listWithElements(String family, String table) throws DataplaneException {
    return listed(List.of("-s", "list", "table", family, table));
  }

  private String listed(List<String> arguments) throws DataplaneException {
    Result result = run("", arguments);
    if (result.code == 0) {
      return result.output;
    }
    if (result.output.contains("No such file or directory")) {
      return "";
    }
    throw new DataplaneException(
        Reason.OTHER, "list nftables rules: nft: " + result.output.strip());
  }

  private Result run(String input, List<String> arguments) throws DataplaneException {
    List<String> command = new ArrayList<>(List.of("nft"));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    try {
      Process process = builder.start();
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new DataplaneException(Reason.OTHER, "run nft: no end after 10 s");
      }
      return new Result(process.exitValue(), output);
    } catch (IOException e) {
      throw new DataplaneException(
          Reason.OTHER, "run nft: " + e.getMessage() + "; is nftables installed?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataplaneException(Reason.OTHER, "run nft: interrupted", e);
    }
  }
}
