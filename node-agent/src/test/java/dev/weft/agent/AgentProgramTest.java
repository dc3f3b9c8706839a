// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentProgramTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void help_explains_each_option_whatever_else_is_given() {
    assertThat(run("--colour=red", "--help")).isEqualTo(AgentProgram.OK);

    assertThat(err.size()).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("--node-name=NAME  (WEFT_NODE_NAME, required)")
        .contains("--cleanup", "Remove everything of Weft from the node");
  }

  @Test
  void wrong_options_are_reported_and_where_they_are_explained() {
    assertThat(run("--colour=red")).isEqualTo(AgentProgram.BAD_OPTIONS);

    assertThat(out.size()).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("weft-agent: unknown option --colour", "--node-name is missing")
        .endsWith("weft-agent: --help explains each option\n");
  }

  private int run(String... arguments) {
    return new AgentProgram(Map.of(), stream(out), stream(err)).run(List.of(arguments));
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
