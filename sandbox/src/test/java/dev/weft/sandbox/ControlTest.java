// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlTest {
  @TempDir private Path directory;

  @Test
  void passesRequestsAnswersAndFailures() {
    Path socket = directory.resolve("control");
    Thread server = new Thread(() -> serve(socket));
    server.setDaemon(true);
    server.start();
    await() // its file is there a moment before it listens
        .ignoreExceptionsInstanceOf(SandboxException.class)
        .untilAsserted(
            () ->
                assertThat(Control.request("x", socket, "echo", "two words", ""))
                    .isEqualTo("[echo, two words, ]\nline 2"));
    assertThatThrownBy(() -> Control.request("x", socket, "fail"))
        .isInstanceOf(SandboxException.class)
        .hasMessage("it did not work");
  }

  private static void serve(Path socket) {
    try {
      Control.serve(socket, ControlTest::answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String answer(List<String> words) {
    if (words.get(0).equals("fail")) {
      throw new SandboxException("it did not work");
    }
    return words + "\nline 2";
  }

  @Test
  void saysWhatToDoWhenNobodyAnswers() {
    assertThatThrownBy(() -> Control.request("x", directory.resolve("none"), "status"))
        .hasMessageContaining("bin/sandbox --name x down");
  }
}
