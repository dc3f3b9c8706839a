// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentLockTest {
  @TempDir Path folder;

  @Test
  void a_second_process_is_refused_with_the_first_ones_pid_until_it_ends() throws Exception {
    Path file = folder.resolve("run/agent.lock");
    try (AgentLock lock = AgentLock.take(file)) {
      assertThat(takeInAnotherProcess(file))
          .contains("another agent (process " + lock.holder() + ")");
    }
    assertThat(Files.readString(file).strip())
        .isEqualTo(String.valueOf(ProcessHandle.current().pid()));
    assertThat(takeInAnotherProcess(file)).isEqualTo("taken");
  }

  private static String takeInAnotherProcess(Path file) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    Process process =
        new ProcessBuilder(List.of(java, "-cp", classes, Other.class.getName(), file.toString()))
            .redirectErrorStream(true)
            .start();
    byte[] said = process.getInputStream().readAllBytes();
    process.waitFor();
    return new String(said, StandardCharsets.UTF_8).strip();
  }

  /** The other agent. */
  static final class Other {
    private Other() {}

    public static void main(String[] arguments) throws Exception {
      try (AgentLock lock = AgentLock.take(Path.of(arguments[0]))) {
        System.out.println(lock.holder() > 0 ? "taken" : "");
      } catch (InstallException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
