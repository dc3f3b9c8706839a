// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnProcessTest {
  @TempDir private Path folder;

  @Test
  void endsTheProcessItRemembers() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    OwnProcess.record(folder.resolve("sleep"), process.pid());
    OwnProcess own = OwnProcess.read(folder.resolve("sleep")).orElseThrow();

    assertThat(own.isAlive()).isTrue();
    own.end(false);
    assertThat(own.isAlive()).isFalse();
    assertThat(process.waitFor()).isEqualTo(128 + 15);
  }

  @Test
  void leavesAnotherProcessOfTheSameIdAlone() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    OwnProcess own = OwnProcess.record(folder.resolve("sleep"), process.pid());
    OwnProcess earlier = new OwnProcess(own.pid(), own.startTicks() - 1);

    assertThat(earlier.isAlive()).isFalse();
    earlier.end(true);
    assertThat(process.isAlive()).isTrue();
    process.destroyForcibly();
  }

  @Test
  void readsNothingWhereNothingIs() {
    assertThat(OwnProcess.read(folder.resolve("none"))).isEmpty();
  }
}
