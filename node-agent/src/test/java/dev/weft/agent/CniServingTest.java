// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.CniMetrics;
import dev.weft.agent.cni.CniNode;
import dev.weft.agent.cni.CniServer;
import dev.weft.agent.cni.CniService;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CniServingTest {
  private static final int ANYBODY = 0;

  @TempDir private Path directory;
  private int calls;

  @Test
  void it_tries_again_until_it_can_listen_and_listens_once() throws Exception {
    Path socket = directory.resolve("absent/cni.sock");
    try (CniServing serving = new CniServing(() -> listen(socket))) {
      assertThat(serving.serve()).isPresent();
      assertThat(serving.serve()).isPresent();
      assertThat(serving.stuck()).isEmpty();

      Files.createDirectories(socket.getParent());
      assertThat(serving.serve()).isEmpty();
      assertThat(serving.serve()).isEmpty();
      assertThat(calls).isEqualTo(3);
      assertThat(socket).exists();
      assertThat(serving.stuck()).isEmpty();
    }
  }

  @Test
  void before_it_listens_no_add_waits() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    CniServing serving = new CniServing(() -> listen(directory.resolve("cni.sock")));
    serving.bindTo(meters);

    assertThat(meters.get("weft.cni.adds.waiting").gauge().value()).isZero();
    serving.close();
    assertThat(calls).isZero();
  }

  private CniServer listen(Path socket) throws IOException {
    calls++;
    Attachments attachments = new Attachments();
    CniNode node =
        new CniNode(
            attachments,
            null,
            new AgentState(attachments, Optional::empty, peer -> "", Optional.empty()),
            () -> 1500);
    return CniServer.start(
        socket,
        1,
        new CniService(node, (pod, uid, reason, message) -> {}, new CniMetrics(attachments)),
        ANYBODY);
  }
}
