// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.Faults;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CniServerTest {
  private static final String CONFIG = "{\"cniVersion\":\"1.1.0\",\"name\":\"weft\"}";
  private static final int WORKERS = 2;
  private static final Map<String, String> DEL =
      Map.of("CNI_COMMAND", "DEL", "CNI_CONTAINERID", "blue", "CNI_IFNAME", "eth0");

  @TempDir private Path folder;

  private final CniWorld world = new CniWorld("10.244.1.0/24");
  private Path socket;
  private int uid;
  private CniServer server;

  @BeforeEach
  void start() throws Exception {
    uid = (int) Files.getAttribute(folder, "unix:uid");
    socket = folder.resolve("cni.sock");
    server = CniServer.start(socket, WORKERS, world.service, uid);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void callsAreAnswered() throws Exception {
    assertThat(ask("STATUS", CONFIG)).isEmpty();
    assertThat(ask("VERSION", CONFIG)).contains("\"supportedVersions\"");
    assertThat(ask("ADD", CONFIG)).contains("\"code\":4");
  }

  @Test
  void aNodeThatIsNotReadyIsReportedThroughTheSocket() throws Exception {
    world.notReady = Optional.of("no block");

    try (TestClient client = new TestClient(socket)) {
      client.send("STATUS", CONFIG);
      Answer answer = client.receive();
      assertThat(answer.exitCode()).isOne();
      assertThat(new String(answer.body())).contains("\"code\":50", "no block");
    }
  }

  @Test
  void aRequestMayComeInPieces() throws Exception {
    try (TestClient client = new TestClient(socket)) {
      for (byte b : TestClient.request(Map.of("CNI_COMMAND", "STATUS"), CONFIG)) {
        client.send(new byte[] {b});
      }
      assertThat(client.receive().exitCode()).isZero();
    }
  }

  @Test
  void aConfigurationOfAMegabyteIsRead() throws Exception {
    String padding = " ".repeat((1 << 20) - CONFIG.length());

    assertThat(ask("STATUS", CONFIG + padding)).isEmpty();
    assertThat(ask("STATUS", padding)).contains("\"code\":6");
  }

  @Test
  void anotherProtocolVersionIsAnError() throws Exception {
    try (TestClient client = new TestClient(socket)) {
      client.send(RequestFrameTest.head(RequestFrame.MAGIC, 2, 0, 0, 0));
      assertThat(client.receiveText()).contains("\"code\":1", "protocol 2");
    }
  }

  @Test
  void aLengthBeyondTheBoundIsRefusedAtOnce() throws Exception {
    try (TestClient client = new TestClient(socket)) {
      client.send(RequestFrameTest.head(RequestFrame.MAGIC, 1, 0, 10, Integer.MAX_VALUE));
      assertThat(client.receiveText()).contains("\"code\":5", "malformed");
    }
  }

  @Test
  void descriptorsThatAreAnnouncedAndDoNotComeAreRefused() throws Exception {
    try (TestClient client = new TestClient(socket)) {
      client.send(RequestFrameTest.head(RequestFrame.MAGIC, 1, 2, 0, 0));
      assertThat(client.receiveText()).contains("0 descriptors came, 2 are announced");
    }
  }

  @Test
  void hostileClientsDoNotHurtTheOthers() throws Exception {
    Random random = new Random(1);
    byte[] good = TestClient.request(Map.of("CNI_COMMAND", "STATUS"), CONFIG);
    for (int i = 0; i < 200; i++) {
      try (TestClient client = new TestClient(socket)) {
        byte[] bytes = good.clone();
        switch (i % 4) {
          case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
          case 1 -> random.nextBytes(bytes);
          case 2 -> bytes[random.nextInt(bytes.length)] ^= 1 << random.nextInt(8);
          default -> bytes = new byte[0];
        }
        client.send(bytes);
      } catch (IOException e) {
        // The server was right to hang up.
        continue;
      }
    }

    assertThat(ask("STATUS", CONFIG)).isEmpty();
  }

  @Test
  void silentClientsAreDroppedAndTheOthersServed() throws Exception {
    List<TestClient> silent = new ArrayList<>();
    for (int i = 0; i < 2 * WORKERS; i++) {
      silent.add(new TestClient(socket));
    }

    assertThat(ask("STATUS", CONFIG)).isEmpty();
    for (TestClient client : silent) {
      client.awaitClosed();
      client.close();
    }
  }

  @Test
  void aClientOfAnotherUserIsDropped() throws Exception {
    server.close();
    server = CniServer.start(socket, WORKERS, world.service, uid + 1);

    try (TestClient client = new TestClient(socket)) {
      client.awaitClosed();
    }
  }

  @Test
  void aStopLetsTheCallThatIsServedEnd() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    world.add("blue", 1).make();
    world.dataplane.onChange(
        () -> {
          inside.countDown();
          try {
            go.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Map<String, String> environment =
        new HashMap<>(
            Map.of("CNI_COMMAND", "DEL", "CNI_CONTAINERID", "blue", "CNI_IFNAME", "eth0"));
    try (TestClient client = new TestClient(socket)) {
      client.send(TestClient.request(environment, CONFIG));
      inside.await();
      Thread stopper = new Thread(server::close);
      stopper.start();
      await().until(() -> !Files.exists(socket));
      assertThatThrownBy(() -> new TestClient(socket)).isInstanceOf(IOException.class);
      go.countDown();
      assertThat(client.receive().exitCode()).isZero();
      stopper.join();
    }
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  @Timeout(180)
  void aDelIsServedWhileMoreAddsWaitForTheNodeThanThereAreWorkers() throws Exception {
    Starting starting = new Starting();
    serve(starting);
    List<TestClient> adds = new ArrayList<>();
    for (int i = 0; i < 3 * WORKERS; i++) {
      adds.add(new TestClient(socket));
      adds.get(i).send("ADD", CONFIG);
    }
    await().until(() -> starting.waiting.get() >= Math.min(adds.size(), WORKERS));

    try (TestClient client = new TestClient(socket)) {
      client.send(TestClient.request(DEL, CONFIG));
      assertThat(client.receive().exitCode()).isZero();
    }
    await().until(() -> server.stuck(Duration.ZERO).isEmpty());

    starting.ready.countDown();
    for (TestClient add : adds) {
      // It brought no descriptors, and is told so when its wait is over.
      assertThat(add.receiveText()).contains("\"code\":4");
      add.close();
    }
  }

  @Test
  @Timeout(180)
  void anAddOfALargeConfigurationDoesNotWait() throws Exception {
    serve(new Starting());

    for (int i = 0; i < 2 * WORKERS; i++) {
      assertThat(ask("ADD", CONFIG + " ".repeat(1 << 17))).contains("\"code\":4");
    }
    assertThat(server.waitingAdds()).isZero();
  }

  @Test
  @Timeout(180)
  void onlySoManyAddsWaitAndAStopAnswersThem() throws Exception {
    Starting starting = new Starting();
    serve(starting);
    List<TestClient> adds = new ArrayList<>();
    for (int i = 0; i < WaitingAdds.PLACES; i++) {
      adds.add(new TestClient(socket));
      adds.get(i).send("ADD", CONFIG);
    }
    await().until(() -> server.waitingAdds() == WaitingAdds.PLACES);
    try (TestClient client = new TestClient(socket)) {
      client.send("ADD", CONFIG);
      assertThat(client.receiveText()).contains("\"code\":4");
    }

    server.close();
    for (TestClient add : adds) {
      assertThat(add.receiveText()).contains("\"code\":4");
      add.close();
    }
  }

  @Test
  @Timeout(180)
  void anErrorInACallEndsNoWorker() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    serve(
        () -> {
          if (broken.get()) {
            throw Faults.withoutTrace(new NoClassDefFoundError("of a test"));
          }
          return Optional.empty();
        });
    for (int i = 0; i < 2 * WORKERS; i++) {
      assertThat(ask("STATUS", CONFIG)).contains("\"code\":103", "NoClassDefFoundError");
    }

    broken.set(false);
    assertThat(ask("STATUS", CONFIG)).isEmpty();
  }

  @Test
  @Timeout(180)
  void workersThatAreAllBusyForTooLongAreStuck() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    world.add("blue", 1).make();
    world.add("green", 2).make();
    world.dataplane.onChange(() -> awaitUninterrupted(go));
    List<TestClient> clients = new ArrayList<>();
    for (String pod : List.of("blue", "green")) {
      assertThat(server.stuck(Duration.ZERO)).isEmpty();
      clients.add(new TestClient(socket));
      clients
          .get(clients.size() - 1)
          .send(
              TestClient.request(
                  Map.of("CNI_COMMAND", "DEL", "CNI_CONTAINERID", pod, "CNI_IFNAME", "eth0"),
                  CONFIG));
    }

    await()
        .untilAsserted(
            () ->
                assertThat(server.stuck(Duration.ZERO))
                    .contains(
                        "all 2 CNI workers have been busy with one call each for more than 0 s"));
    assertThat(server.stuck()).isEmpty();

    go.countDown();
    for (TestClient client : clients) {
      assertThat(client.receive().exitCode()).isZero();
      client.close();
    }
    await().until(() -> server.stuck(Duration.ZERO).isEmpty());
  }

  @Test
  void callsAreCounted() throws Exception {
    ask("STATUS", CONFIG);
    ask("ADD", CONFIG);
    ask("HELLO", CONFIG);

    await().until(() -> counted("STATUS", "ok") && counted("ADD", "4") && counted("unknown", "4"));
    assertThat(
            world.meters.get("weft.addresses.free").tag("block", "10.244.1.0/24").gauge().value())
        .isEqualTo(253);
  }

  @Test
  void theWarmUpServesLivesOfPods() {
    assertThat(WarmUp.run(Duration.ofMillis(1))).isGreaterThanOrEqualTo(12);
  }

  private void serve(Readiness readiness) throws IOException {
    server.close();
    CniNode node = new CniNode(world.attachments, world.dataplane, readiness, () -> 1450);
    CniService service =
        new CniService(node, (pod, uid, reason, message) -> {}, new CniMetrics(world.attachments));
    server = CniServer.start(socket, WORKERS, service, uid);
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A node that is just starting until the test says that it is ready. */
  private static final class Starting implements Readiness {
    private final AtomicInteger waiting = new AtomicInteger();
    private final CountDownLatch ready = new CountDownLatch(1);

    @Override
    public Optional<String> notReady() {
      return ready.getCount() > 0 ? Optional.of("no block yet") : Optional.empty();
    }

    @Override
    public boolean starting() {
      return ready.getCount() > 0;
    }

    @Override
    public void awaitReady() throws InterruptedException {
      waiting.incrementAndGet();
      ready.await();
    }
  }

  private boolean counted(String verb, String result) {
    Timer timer =
        world
            .meters
            .find("weft.cni.request.duration")
            .tag("verb", verb)
            .tag("result", result)
            .timer();
    return timer != null && timer.count() == 1;
  }

  private String ask(String command, String config) throws IOException {
    try (TestClient client = new TestClient(socket)) {
      client.send(command, config);
      return client.receiveText();
    }
  }
}
