// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.netlink.nft.TableRef;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;

/**
 * Runs {@code nft}: to write rules, and to read them back. Never on the path of an ADD or DEL. A
 * run that takes too long, whatever it does meanwhile, or writes more than {@value
 * #MAX_OUTPUT_BYTES} bytes, is ended.
 */
public final class NftProgram {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** Thousands of host ports' elements are a tenth of it. */
  private static final int MAX_OUTPUT_BYTES = 4 << 20;

  private final String program;
  private final Duration timeout;

  /** The machine's {@code nft}. */
  public NftProgram() {
    this("nft", TIMEOUT);
  }

  /**
   * Another program that takes the same arguments.
   *
   * @param timeout of one run
   */
  public NftProgram(String program, Duration timeout) {
    this.program = program;
    this.timeout = timeout;
  }

  /** What is to be done where the kernel has not all that our rules need. */
  private static String hint(String output) {
    return output.contains("Operation not supported")
        ? "; this kernel lacks it: take one with CONFIG_NF_TABLES_BRIDGE, CONFIG_NF_TABLES_ARP and"
            + " CONFIG_NF_TABLES_INET"
        : "";
  }

  /** How a run ended. */
  record Result(int code, String output) {}

  /**
   * Carries out a script as one transaction.
   *
   * @throws DataplaneException if it is refused; the message has nft's output
   */
  public void apply(String script) throws DataplaneException {
    apply(script, process -> {});
  }

  /**
   * As {@link #apply(String)}.
   *
   * @param started gets the process's id before it has read the script: mostly the netlink port ID
   *     of the changes that it makes
   */
  public void apply(String script, LongConsumer started) throws DataplaneException {
    Result result = run(script, List.of("-f", "-"), started);
    if (result.code != 0) {
      throw new DataplaneException(
          Reason.OTHER,
          "write nftables rules: nft: " + result.output.strip() + hint(result.output));
    }
  }

  /**
   * The text of a table with the elements of its sets left out, and counters too.
   *
   * @return empty where there is no such table
   */
  String list(TableRef table) throws DataplaneException {
    return listed(table, "-s", "-t");
  }

  /** As {@link #list}, with the elements of its sets. */
  String listWithElements(TableRef table) throws DataplaneException {
    return listed(table, "-s");
  }

  private String listed(TableRef table, String... options) throws DataplaneException {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(List.of("list", "table", table.family().toString(), table.name()));
    Result result = run("", arguments, process -> {});
    if (result.code == 0) {
      return result.output;
    }
    if (result.output.contains("No such file or directory")) {
      return "";
    }
    throw new DataplaneException(
        Reason.OTHER, "list nftables table " + table + ": nft: " + result.output.strip());
  }

  private Result run(String input, List<String> arguments, LongConsumer started)
      throws DataplaneException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    String action = "run nft " + String.join(" ", arguments) + ": ";
    try {
      Process process = builder.start();
      try {
        started.accept(process.pid());
        return finish(process, input);
      } finally {
        process.destroyForcibly();
      }
    } catch (TimeoutException e) {
      throw new DataplaneException(
          Reason.OTHER, action + "no end after " + timeout.toMillis() + " ms", e);
    } catch (IOException e) {
      throw new DataplaneException(
          Reason.OTHER, action + e.getMessage() + "; is nftables installed?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataplaneException(Reason.OTHER, action + "interrupted", e);
    }
  }

  /**
   * Its input and output go through a thread of their own: neither can be waited for with a bound.
   */
  private Result finish(Process process, String input)
      throws IOException, InterruptedException, TimeoutException {
    long deadline = System.nanoTime() + timeout.toNanos();
    FutureTask<byte[]> talk = new FutureTask<>(() -> talk(process, input));
    Thread thread = new Thread(talk, "nft");
    thread.setDaemon(true);
    thread.start();
    try {
      byte[] output = talk.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      if (output.length > MAX_OUTPUT_BYTES) {
        throw new IOException("it wrote more than " + MAX_OUTPUT_BYTES + " bytes");
      }
      if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        throw new TimeoutException();
      }
      return new Result(process.exitValue(), new String(output, StandardCharsets.UTF_8));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failed ? failed : new IOException(e.getCause());
    }
  }

  private static byte[] talk(Process process, String input) throws IOException {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    }
    return process.getInputStream().readNBytes(MAX_OUTPUT_BYTES + 1);
  }
}
