// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The operator as a process of its own; what it says is in {@code system-tests/target/api}. */
final class OperatorProcess implements AutoCloseable {
  private final Process process;

  /**
   * Starts it.
   *
   * @param name the host's as it thinks, and so the start of its identity in the Lease
   */
  OperatorProcess(LiveApi api, String name, String... options) {
    this(api.kubeconfig(), name, options);
  }

  /**
   * Starts it.
   *
   * @param kubeconfig how it reaches the API server
   * @param name the host's as it thinks, and so the start of its identity in the Lease
   */
  OperatorProcess(Path kubeconfig, String name, String... options) {
    List<String> command = new ArrayList<>();
    command.add(LiveApi.HOME.resolve("bin/weft-operator").toString());
    command.addAll(List.of("--kubeconfig=" + kubeconfig, "--http-port=0", "--metrics-port=0"));
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HOSTNAME", name);
    try {
      Path folder = Files.createDirectories(LiveApi.HOME.resolve("system-tests/target/api"));
      process = builder.redirectOutput(folder.resolve(name + ".log").toFile()).start();
    } catch (IOException e) {
      throw new UncheckedIOException("start an operator", e);
    }
  }

  /** Ends it with SIGKILL. */
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops it, until it is resumed, by SIGSTOP. */
  void suspend() throws IOException {
    signal("STOP");
  }

  /** Lets it go on. */
  void resume() throws IOException {
    signal("CONT");
  }

  private void signal(String name) throws IOException {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    try {
      if (!kill.waitFor(30, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IOException("send SIG%s to process %d".formatted(name, process.pid()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether it has ended. */
  boolean isOver() {
    return !process.isAlive();
  }

  @Override
  public void close() {
    kill();
  }
}
