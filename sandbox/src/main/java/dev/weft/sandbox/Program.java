// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program that the daemon runs. One that ends by itself is started again, as a kubelet does;
 * unless it ended so soon that starting it again would only hide why.
 */
final class Program {
  private static final Logger LOG = LoggerFactory.getLogger(Program.class);
  private static final Duration SOON = Duration.ofSeconds(10);

  private final String name;
  private final Supplier<List<String>> command;
  private final StateDir state;

  /** Null until it is started. */
  private Process process;

  private OwnProcess own;
  private Instant started;
  private boolean wanted;

  Program(String name, List<String> command, StateDir state) {
    this(name, () -> command, state);
  }

  /** One whose command line is made for each start. */
  Program(String name, Supplier<List<String>> command, StateDir state) {
    this.name = name;
    this.command = command;
    this.state = state;
  }

  String name() {
    return name;
  }

  /** Starts it, when it does not run already; its output is appended to its log. */
  synchronized void start() {
    if (isRunning()) {
      return;
    }
    Path log = state.log(name);
    try {
      process =
          Commands.builder(command.get())
              .redirectErrorStream(true)
              .redirectInput(new java.io.File("/dev/null"))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    } catch (IOException e) {
      throw new SandboxException("start " + name + ": " + e.getMessage(), e);
    }
    own = OwnProcess.record(state.processes().resolve(name), process.pid());
    started = Instant.now();
    wanted = true;
    process.onExit().thenAccept(this::ended);
  }

  private synchronized void ended(Process which) {
    if (!wanted || which != process || Instant.now().isBefore(started.plus(SOON))) {
      return;
    }
    LOG.warn("{} ended by itself with code {}: starting it again", name, which.exitValue());
    start();
  }

  /** Ends it: SIGTERM, or SIGKILL when forced; waits until it is gone. */
  synchronized void end(boolean force) {
    wanted = false;
    if (own != null) {
      own.end(force);
      // The kernel knows it before the JDK does, and start() goes by the JDK.
      process.onExit().join();
    }
  }

  synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** For a user to read. */
  synchronized String status() {
    if (process == null) {
      return "not started";
    }
    return isRunning()
        ? "running, process " + process.pid()
        : "ended with code " + process.exitValue() + ", see " + state.log(name);
  }
}
