// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import dev.weft.sandbox.SandboxException;
import java.io.IOException;
import java.util.List;

/** A process of the probe that goes on until its input ends. */
final class PodServer implements AutoCloseable {
  private final Process process;

  /** Starts it. */
  PodServer(List<String> command) {
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new SandboxException("start " + String.join(" ", command) + ": " + e.getMessage(), e);
    }
  }

  /** Waits for the line that it prints when it listens. */
  PodServer awaitReady() {
    try {
      String line = process.inputReader().readLine();
      Stage.require("ready".equals(line), "a server in a pod did not start: " + line);
      return this;
    } catch (IOException e) {
      throw new SandboxException("read from a server in a pod: " + e.getMessage(), e);
    }
  }

  /** Ends its input, and returns the last line it prints. */
  String finish() {
    try {
      process.getOutputStream().close();
      String line = process.inputReader().readLine();
      process.waitFor();
      return line;
    } catch (IOException e) {
      throw new SandboxException("end a process in a pod: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted", e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
