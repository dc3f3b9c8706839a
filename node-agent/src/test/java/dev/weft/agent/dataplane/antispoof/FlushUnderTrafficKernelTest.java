// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pods that talk while somebody deletes our tables and the loop makes them again. */
@Tag("kernel")
class FlushUnderTrafficKernelTest {
  private static final Logger LOG = LoggerFactory.getLogger(FlushUnderTrafficKernelTest.class);
  private static final int ROUNDS = 10;
  private static final int PODS = 20;
  private static final long PAUSE_NANOS = 200_000;
  private static final int QUIET_BEFORE_AND_AFTER = 50;
  private static final int SILENT_POLLS = 20_000;

  /**
   * Of datagrams under way: more than the receiver's buffer holds would be lost by its slowness.
   */
  private static final int WINDOW = 100;

  private static final long LONGEST_WAIT_NANOS = 500_000_000;

  @ParameterizedTest
  @ValueSource(strings = {"nft flush ruleset", "nft delete table bridge weft"})
  void noPodIsCut(String command) throws Exception {
    ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
    AtomicBoolean over = new AtomicBoolean();
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod from = node.addPod(0);
      for (int pod = 2; pod < PODS; pod++) {
        node.addPod(pod);
      }
      TestPod to = node.addPod(1);
      DatagramChannel receiver = to.receiver(to.address(0));
      AtomicInteger sent = new AtomicInteger();
      AtomicInteger received = new AtomicInteger();
      var receiving = threads.submit(() -> receive(receiver, sent, received, over));
      var sending =
          threads.submit(() -> from.namespace().call(() -> send(to, sent, received, over)));

      for (int round = 0; round < ROUNDS; round++) {
        waitFor(sent, QUIET_BEFORE_AND_AFTER);
        Shell.run(command);
        waitFor(sent, QUIET_BEFORE_AND_AFTER);
        node.awaitDrift();
        node.awaitRepaired();
        waitFor(sent, QUIET_BEFORE_AND_AFTER);
      }
      over.set(true);
      sending.get();
      receiving.get();
      int lost = sent.get() - received.get();
      LOG.info("{} of {} lost in {} rounds, one each 0.2 ms and more", lost, sent.get(), ROUNDS);
      assertThat(lost).as("lost of %d", sent.get()).isZero();
    } finally {
      over.set(true);
      threads.shutdownNow();
    }
  }

  private static void waitFor(AtomicInteger sent, int more) {
    int until = sent.get() + more;
    await().until(() -> sent.get() >= until);
  }

  private static Void send(
      TestPod to, AtomicInteger sent, AtomicInteger received, AtomicBoolean over) throws Exception {
    IpAddress target = to.address(0);
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.connect(TestPod.socketAddress(target));
      ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
      while (!over.get()) {
        number.clear().putInt(0, sent.get());
        channel.write(number);
        sent.incrementAndGet();
        long deadline = System.nanoTime() + LONGEST_WAIT_NANOS;
        do {
          LockSupport.parkNanos(PAUSE_NANOS);
        } while (sent.get() - received.get() >= WINDOW && System.nanoTime() < deadline);
      }
    }
    return null;
  }

  /** Until all has come, or there is a long silence after the end. */
  private static Void receive(
      DatagramChannel receiver, AtomicInteger sent, AtomicInteger received, AtomicBoolean over)
      throws Exception {
    ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
    int silentAfterEnd = 0;
    while (silentAfterEnd < SILENT_POLLS && !(silentAfterEnd > 0 && received.get() >= sent.get())) {
      silentAfterEnd = over.get() ? silentAfterEnd + 1 : 0;
      while (receiver.receive(number.clear()) != null) {
        received.incrementAndGet();
        silentAfterEnd = 0;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return null;
  }
}
