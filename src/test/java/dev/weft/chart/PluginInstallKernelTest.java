// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The init container's work, as uid 0 with one capability or with none. */
@Tag("kernel")
class PluginInstallKernelTest {
  private static final Path AGENT = Path.of("..", "bin", "weft-agent");
  private static final int ANOTHER_USER = 65534;

  @TempDir Path folder;
  private Path bin;

  @BeforeEach
  void makeFolderOfAnotherUser() throws IOException {
    Files.writeString(folder.resolve("plugin"), "program");
    bin = Files.createDirectory(folder.resolve("bin"));
    Files.setAttribute(bin, "unix:uid", ANOTHER_USER);
  }

  @Test
  void withDacOverrideAloneItWritesAFolderOfAnotherUser() throws Exception {
    Tool.Result result = install("-all,+dac_override");
    assertThat(result.succeeded()).contains("wrote " + bin.resolve("weft"));
    assertThat(bin.resolve("weft")).hasContent("program").isExecutable();
  }

  @Test
  void withoutItNamesTheValueThatHelps() throws Exception {
    Tool.Result result = install("-all");
    assertThat(result.failed())
        .contains("write " + bin.resolve("weft") + ": permission denied")
        .contains("agent.pluginInitContainer=true");
    assertThat(bin).isEmptyDirectory();
  }

  private Tool.Result install(String capabilities) {
    List<String> line =
        new ArrayList<>(List.of("setpriv", "--no-new-privs", "--bounding-set=" + capabilities));
    line.addAll(
        List.of(
            AGENT.toString(),
            "--install-plugin",
            "--node-name=node-1",
            "--plugin=" + folder.resolve("plugin"),
            "--cni-bin-dir=" + bin));
    return Tool.run(folder, line.toArray(String[]::new));
  }
}
