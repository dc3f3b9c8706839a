// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs programs of the machine, such as {@code ip}, in this process's namespace. */
public final class Shell {
  private Shell() {}

  /** Runs a command without a shell, words split at blanks; its output. */
  public static String run(String command) throws IOException, InterruptedException {
    return run(List.of(command.split(" +")), "");
  }

  public static String run(List<String> command, String input)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
    return output;
  }
}
