// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real file system refuses. */
@Tag("kernel")
class RuntimeFilesKernelTest {
  @TempDir Path folder;

  @Test
  void says_that_the_plugins_folder_is_read_only_and_leaves_nothing() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path conf = folder.resolve("net.d");
    Path source = Files.writeString(folder.resolve("source"), "program");
    shell("mount -t tmpfs -o ro tmpfs " + bin);
    try {
      RuntimeFiles files = new RuntimeFiles(bin, conf, Optional.of(source), "weft");
      assertThatThrownBy(files::install)
          .isInstanceOf(InstallException.class)
          .hasMessageContaining("write " + bin.resolve("weft") + ": the file system is read-only")
          .hasMessageContaining("agent.cniBinDir");
      assertThat(conf).doesNotExist();
    } finally {
      shell("umount " + bin);
    }
  }

  @Test
  void leaves_no_part_of_a_file_where_the_disk_is_full() throws Exception {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path source = Files.write(folder.resolve("source"), new byte[1 << 20]);
    shell("mount -t tmpfs -o size=64k tmpfs " + bin);
    try {
      RuntimeFiles files = new RuntimeFiles(bin, folder, Optional.of(source), "weft");
      assertThatThrownBy(files::install).hasMessageContaining("No space left");
      assertThat(bin).isEmptyDirectory();
    } finally {
      shell("umount " + bin);
    }
  }

  private static void shell(String command) throws Exception {
    Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
  }
}
