// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import static org.assertj.core.api.Assertions.assertThat;

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
      assertThat(lock).isNotNull();
      assertThat(isLockedByAnother(file)).isTrue();
    }
    assertThat(Files.readString(file).strip())
        .isEqualTo(String.valueOf(ProcessHandle.current().pid()));
    assertThat(isLockedByAnother(file)).isFalse();
  }

  private static boolean isLockedByAnother(Path file) throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    "python3",
                    "-c",
                    "import fcntl,sys; fcntl.lockf(open(sys.argv[1],'r+'),"
                        + " fcntl.LOCK_EX|fcntl.LOCK_NB)",
                    file.toString()))
            .redirectErrorStream(true)
            .start();
    process.getInputStream().readAllBytes();
    return process.waitFor() != 0;
  }
}
