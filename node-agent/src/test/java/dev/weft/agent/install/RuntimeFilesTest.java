// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeFilesTest {
  @TempDir Path folder;
  private Path bin;
  private Path conf;
  private Path source;
  private RuntimeFiles files;

  @BeforeEach
  void makeFolders() throws Exception {
    bin = folder.resolve("bin");
    conf = folder.resolve("net.d");
    source = Files.writeString(folder.resolve("source"), "program");
    files = new RuntimeFiles(bin, conf, Optional.of(source), "weft");
  }

  @Test
  void writes_an_executable_plugin_and_a_configuration() throws Exception {
    assertThat(files.install())
        .containsExactly(bin.resolve("weft"), conf.resolve("10-weft.conflist"));

    assertThat(bin.resolve("weft")).hasContent("program");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(bin.resolve("weft"))))
        .isEqualTo("rwxr-xr-x");
    JsonNode conflist = new ObjectMapper().readTree(conf.resolve("10-weft.conflist").toFile());
    assertThat(conflist.path("cniVersion").asText()).isEqualTo("1.0.0");
    assertThat(conflist.path("cniVersions")).extracting(JsonNode::asText).contains("1.1.0");
    assertThat(conflist.path("name").asText()).isEqualTo("weft");
    assertThat(conflist.at("/plugins/0/type").asText()).isEqualTo("weft");
    assertThat(conflist.at("/plugins/0/capabilities/ips").asBoolean()).isTrue();
    assertThat(conflist.at("/plugins/0/capabilities/portMappings").asBoolean()).isTrue();
  }

  @Test
  void leaves_alone_what_is_as_wanted_and_no_temporary_file_behind() throws Exception {
    files.install();
    assertThat(files.install()).isEmpty();
    try (Stream<Path> left = Files.list(bin)) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void replaces_another_version_of_the_plugin_by_a_new_file() throws Exception {
    files.install();
    Object before = Files.getAttribute(bin.resolve("weft"), "unix:ino");
    Files.writeString(source, "newer program");

    assertThat(files.install()).containsExactly(bin.resolve("weft"));
    assertThat(bin.resolve("weft")).hasContent("newer program");
    assertThat(Files.getAttribute(bin.resolve("weft"), "unix:ino")).isNotEqualTo(before);
  }

  @Test
  void tells_of_a_configuration_that_sorts_before_ours() throws Exception {
    files.install();
    assertThat(files.shadowing()).isEmpty();
    Files.writeString(conf.resolve("99-other.conflist"), "{}");
    Files.writeString(conf.resolve("00-notes.txt"), "");
    assertThat(files.shadowing()).isEmpty();

    Files.writeString(conf.resolve("00-multus.conf"), "{}");
    assertThat(files.shadowing()).isEmpty();

    Path first = Files.writeString(conf.resolve("05-other.conf"), "{}");
    assertThat(files.shadowing()).contains(first);
  }

  @Test
  void writes_no_configuration_beside_another_networks_and_says_what_to_do() throws Exception {
    Files.createDirectories(conf);
    Path other = Files.writeString(conf.resolve("10-flannel.conflist"), "{}");
    assertThatThrownBy(files::install)
        .isInstanceOf(InstallException.class)
        .hasMessageContaining(other.toString())
        .hasMessageContaining("remove its file");
    assertThat(conf.resolve("10-weft.conflist")).doesNotExist();

    Files.delete(other);
    assertThat(files.install()).containsExactly(conf.resolve("10-weft.conflist"));
  }

  @Test
  void removes_both() throws Exception {
    files.install();
    files.remove();
    files.remove();
    assertThat(bin.resolve("weft")).doesNotExist();
    assertThat(conf.resolve("10-weft.conflist")).doesNotExist();
  }

  @Test
  void says_which_file_could_not_be_written_and_writes_no_configuration_then() throws Exception {
    Files.writeString(bin, "a file where the folder should be");
    assertThatThrownBy(files::install)
        .isInstanceOf(InstallException.class)
        .hasMessageContaining("write " + bin.resolve("weft"));
    assertThat(conf.resolve("10-weft.conflist")).doesNotExist();
  }

  @Test
  void says_that_the_plugin_to_copy_is_missing() throws Exception {
    Files.delete(source);
    assertThatThrownBy(files::install).hasMessage("read " + source + ": no such file");
  }
}
