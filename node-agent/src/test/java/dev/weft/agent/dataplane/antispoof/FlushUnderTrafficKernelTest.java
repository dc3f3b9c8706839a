// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.DatagramStream;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
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
  private static final int QUIET_BEFORE_AND_AFTER = 50;

  @ParameterizedTest
  @ValueSource(strings = {"nft flush ruleset", "nft delete table bridge weft"})
  void noPodIsCut(String command) throws Exception {
    ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);
    DatagramStream stream = new DatagramStream();
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod from = node.addPod(0);
      for (int pod = 2; pod < PODS; pod++) {
        node.addPod(pod);
      }
      TestPod to = node.addPod(1);
      DatagramChannel receiver = to.receiver(to.address(0));
      var receiving = threads.submit(() -> stream.receive(receiver));
      var sending = threads.submit(() -> from.namespace().call(() -> stream.send(to)));

      for (int round = 0; round < ROUNDS; round++) {
        stream.awaitSent(QUIET_BEFORE_AND_AFTER);
        Shell.run(command);
        stream.awaitSent(QUIET_BEFORE_AND_AFTER);
        node.awaitDrift();
        node.awaitRepaired();
        stream.awaitSent(QUIET_BEFORE_AND_AFTER);
      }
      stream.end();
      sending.get();
      receiving.get();
      LOG.info("{} of {} lost in {} rounds", stream.lost(), stream.sent(), ROUNDS);
      assertThat(stream.lost()).as("lost of %d", stream.sent()).isZero();
    } finally {
      stream.end();
      threads.shutdownNow();
    }
  }
}
