// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  private int run(String... arguments) {
    return Main.run(new PrintStream(out, true), new PrintStream(errors, true), arguments);
  }

  private String errors() {
    return errors.toString(StandardCharsets.UTF_8);
  }

  @Test
  void namesTheCommandLineThatHelps() {
    assertThat(run("--name", "none-such", "status")).isEqualTo(1);
    assertThat(errors())
        .isEqualTo(
            "sandbox: there is no sandbox none-such; start it with:"
                + " bin/sandbox --name none-such up\n");
  }

  @Test
  void takesTheNameAfterTheCommandToo() {
    assertThat(run("status", "--name", "none-such")).isEqualTo(1);
    assertThat(errors()).contains("there is no sandbox none-such;");
  }

  @Test
  void leavesTheDefaultNameOutOfHints() {
    assertThat(Invocation.of("weft", "up")).isEqualTo("bin/sandbox up");
  }

  @Test
  void endsWhatIsNotThereWithoutError() {
    assertThat(run("--name", "none-such", "down")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("there is no sandbox none-such\n");
    assertThat(errors()).isEmpty();
  }

  static Stream<List<String>> commands() {
    List<List<String>> commands = new ArrayList<>();
    collect(List.of(), Main.commandLine(), commands);
    return commands.stream();
  }

  private static void collect(List<String> path, CommandLine line, List<List<String>> into) {
    into.add(path);
    line.getSubcommands()
        .forEach(
            (name, sub) ->
                collect(Stream.concat(path.stream(), Stream.of(name)).toList(), sub, into));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandExplainsItselfAndItsOptions(List<String> command) {
    CommandLine line = Main.commandLine();
    for (String name : command) {
      line = line.getSubcommands().get(name);
    }
    assertThat(line.getCommandSpec().usageMessage().description()).isNotEmpty();
    for (OptionSpec option : line.getCommandSpec().options()) {
      assertThat(option.description()).as(option.longestName()).isNotEmpty();
    }
    for (PositionalParamSpec parameter : line.getCommandSpec().positionalParameters()) {
      assertThat(parameter.description()).as(parameter.paramLabel()).isNotEmpty();
    }

    List<String> words = new ArrayList<>(command);
    words.add("--help");
    assertThat(run(words.toArray(String[]::new))).isZero();
    assertThat(errors()).isEmpty();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains(
            "Usage: "
                + Stream.concat(Stream.of("bin/sandbox"), command.stream()).toList().stream()
                    .reduce((a, b) -> a + " " + b)
                    .orElseThrow())
        .contains("--help")
        .contains("--name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "upp",
        "up --node 3",
        "up --nodes",
        "up --nodes three",
        "up --nodes 61",
        "up --family 5",
        "up --grace-period 3",
        "up --pool /none/such.yaml",
        "up --api /none/such",
        "--name ../x up",
        "agent restart node1",
        "agent kill",
        "api kill",
        "pod",
        "pod add",
        "pod exec blue",
        "node node1"
      })
  void saysInOneLineWhatIsWrongWithACommandLine(String line) {
    assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(2);
    assertThat(errors())
        .startsWith("sandbox: ")
        .contains("\nsee bin/sandbox")
        .endsWith(" --help\n");
    assertThat(errors().lines().count()).isLessThanOrEqualTo(4);
  }

  @Test
  void saysWhatIsWrongWithAFileOfPools(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("pools.yaml"), "kind: Pod\n");

    assertThat(run("up", "--pool", file.toString())).isEqualTo(2);
    assertThat(errors()).contains("holds \"Pod\", not an IPPool");

    Files.writeString(file, "{");
    assertThat(run("up", "--pool", file.toString())).isEqualTo(2);
    assertThat(errors()).contains("read " + file);
  }

  @ParameterizedTest
  @CsvSource({"500ms,PT0.5S", "3s,PT3S", "10m,PT10M"})
  void readsTimes(String text, Duration expected) {
    assertThat(new ShapeOptions.Period().convert(text)).isEqualTo(expected);
  }

  @Test
  void refusesNamesThatAreNoDirectories() {
    assertThatThrownBy(() -> SandboxOptions.named("../x")).hasMessageContaining("../x");
    assertThatThrownBy(() -> SandboxOptions.named("x").withNodes(61)).hasMessageContaining("60");
  }
}
