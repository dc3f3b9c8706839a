// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A program that the daemon runs: started, and started again, only when asked. */
final class Program {
  private final String name;
  private final List<String> command;
  private final StateDir state;

  /** Null until it is started. */
  private Process process;

  private OwnProcess own;

  Program(String name, List<String> command, StateDir state) {
    this.name = name;
    this.command = List.copyOf(command);
    this.state = state;
  }

  /** Starts it, when it does not run already; what it says is added to its log. */
  synchronized void start() {
    if (isRunning()) {
      return;
    }
    Path log = state.log(name);
    try {
      process =
          Commands.builder(command)
              .redirectErrorStream(true)
              .redirectInput(new java.io.File("/dev/null"))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    } catch (IOException e) {
      throw new SandboxException("start " + name + ": " + e.getMessage(), e);
    }
    own = OwnProcess.record(state.processes().resolve(name), process.pid());
  }

  /** Ends it: SIGTERM, or SIGKILL when forced; waits until it is gone. */
  synchronized void end(boolean force) {
    if (own != null) {
      own.end(force);
      // The kernel knows it before the JDK does, and start() asks the JDK.
      process.onExit().join();
    }
  }

  synchronized boolean isRunning() {
    return process != null && process.isAlive();
  }

  /** In words, for a user. */
  synchronized String status() {
    if (process == null) {
      return "not started";
    }
    return isRunning()
        ? "running, process " + process.pid()
        : "ended with code " + process.exitValue() + ", see " + state.log(name);
  }
}
