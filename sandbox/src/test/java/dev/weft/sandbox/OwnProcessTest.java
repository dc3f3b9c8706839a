// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnProcessTest {
  @TempDir private Path directory;

  @Test
  void endsTheProcessItRemembers() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    OwnProcess.record(directory.resolve("sleep"), process.pid());
    OwnProcess own = OwnProcess.read(directory.resolve("sleep")).orElseThrow();

    assertThat(own.isAlive()).isTrue();
    own.end(false);
    assertThat(own.isAlive()).isFalse();
    assertThat(process.waitFor()).isEqualTo(128 + 15);
  }

  @Test
  void endsASessionWithWhatItStartedAndDidNotRecord() throws Exception {
    Process leader =
        new ProcessBuilder("setsid", "sh", "-c", "sleep 60 & echo $!; sleep 60").start();
    long child = Long.parseLong(leader.inputReader().readLine());
    OwnProcess unrecorded = OwnProcess.record(directory.resolve("child"), child);

    OwnProcess.record(directory.resolve("leader"), leader.pid()).endSession();

    assertThat(leader.waitFor()).isEqualTo(128 + 9);
    assertThat(unrecorded.isAlive()).isFalse();
  }

  @Test
  void leavesAnotherProcessOfTheSameIdAlone() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    OwnProcess own = OwnProcess.record(directory.resolve("sleep"), process.pid());
    OwnProcess earlier = new OwnProcess(own.pid(), own.startTicks() - 1);

    assertThat(earlier.isAlive()).isFalse();
    earlier.end(true);
    assertThat(process.isAlive()).isTrue();
    process.destroyForcibly();
  }

  @Test
  void readsNothingWhereNothingIs() {
    assertThat(OwnProcess.read(directory.resolve("none"))).isEmpty();
  }
}
