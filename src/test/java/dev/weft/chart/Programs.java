// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The programs of this checkout, as processes that are the chart's service accounts. */
final class Programs implements AutoCloseable {
  private static final Path BIN = Path.of("..", "bin");

  private final RealApiServer server;
  private final Path folder;
  private final List<Process> processes = new ArrayList<>();

  /**
   * Starts nothing yet.
   *
   * @param folder where their logs go
   */
  Programs(RealApiServer server, Path folder) {
    this.server = server;
    this.folder = folder;
  }

  /**
   * Starts a program.
   *
   * @param program also its service account
   * @param node the node that its token is bound to
   * @return its log
   */
  Path start(String program, String node, String... options) throws IOException {
    Path kubeconfig = server.kubeconfig(server.token(program, node));
    List<String> line =
        new ArrayList<>(List.of(BIN.resolve(program).toString(), "--kubeconfig=" + kubeconfig));
    line.addAll(List.of(options));
    Path log = folder.resolve(program + "-" + processes.size() + ".log");
    processes.add(
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start());
    return log;
  }

  /**
   * The agent of a node, whose files are in a folder of its own; its namespace forwards packets.
   */
  Path startAgent(String node, Path files) throws IOException {
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
    Path plugin = Files.writeString(files.resolve("plugin"), "program");
    return start(
        "weft-agent",
        node,
        "--node-name=" + node,
        "--plugin=" + plugin,
        "--cni-bin-dir=" + files.resolve("bin"),
        "--cni-conf-dir=" + files.resolve("net.d"),
        "--run-dir=" + files.resolve("run"));
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
