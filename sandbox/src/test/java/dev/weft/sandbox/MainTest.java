// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  @Test
  void namesTheCommandThatHelps() {
    ByteArrayOutputStream errors = new ByteArrayOutputStream();

    int code = Main.run(new PrintStream(errors, true), "--name", "none-such", "status");

    assertThat(code).isEqualTo(1);
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .isEqualTo("sandbox: there is no sandbox none-such; start it with: sandbox up\n");
  }

  @ParameterizedTest
  @CsvSource({"500ms,PT0.5S", "3s,PT3S", "10m,PT10M"})
  void readsTimes(String text, Duration expected) {
    assertThat(new ShapeOptions.Period().convert(text)).isEqualTo(expected);
  }

  @Test
  void refusesNamesThatAreNoFolders() {
    assertThatThrownBy(() -> SandboxOptions.named("../x")).hasMessageContaining("../x");
    assertThatThrownBy(() -> SandboxOptions.named("x").withNodes(61)).hasMessageContaining("60");
  }
}
