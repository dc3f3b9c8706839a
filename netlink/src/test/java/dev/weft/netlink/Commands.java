// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The kernel's own tools, to see with other eyes than ours what we did. */
public final class Commands {
  private Commands() {}

  /** The output of a command, which must succeed. */
  public static String run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    return output;
  }

  /** The output of a shell's line, which must succeed. */
  public static String shell(String line) throws IOException {
    return run("sh", "-ec", line);
  }
}
