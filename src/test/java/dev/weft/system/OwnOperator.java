// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An operator of a test, in a cluster's network, in the place of the sandbox's own or beside it;
 * nobody starts it again when it ends. What it says is among the cluster's logs.
 */
final class OwnOperator implements AutoCloseable {
  private final Process process;
  private final String name;
  private final Path log;

  private OwnOperator(Process process, String name, Path log) {
    this.process = process;
    this.name = name;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param name the host's as it thinks, and so the start of its identity in the Lease
   */
  static OwnOperator start(Cluster cluster, String name, List<String> options) {
    Path log = cluster.sandbox().log("operator-" + name);
    try {
      String daemon = Files.readString(cluster.state().resolve("pid/daemon")).split(" ")[0];
      List<String> command = new ArrayList<>();
      command.addAll(List.of("nsenter", "--net=/proc/" + daemon + "/ns/net", "--"));
      command.add(Cluster.HOME.resolve("bin/weft-operator").toString());
      command.add("--kubeconfig=" + cluster.state().resolve("kubeconfig"));
      command.addAll(List.of("--http-port=0", "--metrics-port=0", "--lease-namespace=default"));
      command.addAll(options);
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("HOSTNAME", name);
      return new OwnOperator(builder.redirectOutput(log.toFile()).start(), name, log);
    } catch (IOException e) {
      throw new UncheckedIOException("start operator " + name, e);
    }
  }

  /** Waits until it has said something. */
  void awaitLine(String text) {
    Cluster.await("operator " + name + " to say \"" + text + "\"", () -> says(text));
  }

  boolean says(String text) throws IOException {
    return Files.readString(log).contains(text);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it with SIGKILL. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
