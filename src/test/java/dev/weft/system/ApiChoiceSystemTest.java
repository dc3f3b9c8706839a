// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sandbox.SandboxOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which API server {@code sandbox up} starts. */
@Tag("system")
class ApiChoiceSystemTest {
  private static final String NAME = "test-api-choice";

  @TempDir private Path directory;

  @AfterEach
  void down() throws Exception {
    sandbox(Map.of(), "down");
  }

  @Test
  void aKubeApiserverIsTakenWhereThereIsOne() throws Exception {
    RealApi.of(SandboxOptions.named(NAME));

    assertThat(sandbox(Map.of(), "up", "--nodes", "0"))
        .containsPattern("(?m)^api +https://\\S+ kube-apiserver$");
  }

  @Test
  void theEmbeddedOneIsTakenWhereThereIsNoOtherOrWhereItIsChosen() throws Exception {
    String embedded = "(?m)^api +http://\\S+ embedded$";
    Map<String, String> none =
        Map.of("KUBE_API_TEST_DIR", directory.toString(), "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");

    assertThat(sandbox(none, "up", "--nodes", "0")).containsPattern(embedded);
    sandbox(Map.of(), "down");
    assertThat(sandbox(Map.of(), "up", "--nodes", "0", "--api", "embedded"))
        .containsPattern(embedded);
  }

  private static String sandbox(Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(List.of(Cluster.HOME.resolve("bin/sandbox").toString(), "--name", NAME));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
