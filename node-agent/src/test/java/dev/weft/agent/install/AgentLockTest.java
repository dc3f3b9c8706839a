// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
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

  @Test
  void only_its_owner_may_open_the_files_also_those_that_were_there() throws Exception {
    Path file = Files.createFile(folder.resolve("agent.lock"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    try (AgentLock lock = AgentLock.take(file)) {
      assertThat(lock.holder()).isPositive();
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files)
            .contains(file)
            .allSatisfy(
                each ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                        .isEqualTo("rw-------"));
      }
    }
  }

  @Test
  void a_reader_of_a_file_that_all_could_read_keeps_no_agent_away() throws Exception {
    Path file = Files.createFile(folder.resolve("agent.lock"));
    Process reader = start(Reader.class, file);
    try (BufferedReader said = reader.inputReader()) {
      assertThat(said.readLine()).isEqualTo("shared");
      try (AgentLock lock = AgentLock.take(file)) {
        assertThat(takeInAnotherProcess(file))
            .contains("another agent (process " + lock.holder() + ")");
      }
    } finally {
      reader.destroyForcibly().waitFor();
    }
  }

  @Test
  void an_agent_of_the_version_before_locks_one_file_and_keeps_this_one_away() throws Exception {
    Path file = folder.resolve("agent.lock");
    try (FileChannel before =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = before.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThat(takeInAnotherProcess(file)).contains("another agent");
    }
  }

  @Test
  void a_link_is_not_followed() throws Exception {
    Path elsewhere = Files.createFile(folder.resolve("elsewhere"));
    Path file = Files.createSymbolicLink(folder.resolve("agent.lock"), elsewhere);
    assertThatThrownBy(() -> AgentLock.take(file))
        .isInstanceOf(InstallException.class)
        .hasMessageContaining(file.toString());
    assertThat(elsewhere).isEmptyFile();
  }

  @Test
  void a_file_of_another_user_is_refused() throws Exception {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    Path file = Files.createFile(folder.resolve("agent.lock"));
    Files.setAttribute(file, "unix:uid", 65534);
    assertThatThrownBy(() -> AgentLock.take(file))
        .isInstanceOf(InstallException.class)
        .hasMessageContaining("belongs to user 65534");
  }

  private static String takeInAnotherProcess(Path file) throws Exception {
    Process process = start(Other.class, file);
    byte[] said = process.getInputStream().readAllBytes();
    process.waitFor();
    return new String(said, StandardCharsets.UTF_8).strip();
  }

  private static Process start(Class<?> program, Path file) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    return new ProcessBuilder(List.of(java, "-cp", classes, program.getName(), file.toString()))
        .redirectErrorStream(true)
        .start();
  }

  /** Anybody who may read the file: holds what lock it can, until it is killed. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] arguments) throws Exception {
      try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.READ);
          FileLock lock = channel.lock(0, Long.MAX_VALUE, true)) {
        System.out.println(lock.isShared() ? "shared" : "");
        Thread.currentThread().join();
      }
    }
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
