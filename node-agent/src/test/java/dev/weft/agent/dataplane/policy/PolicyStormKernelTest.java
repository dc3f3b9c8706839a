// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.DatagramStream;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram;
import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Random programs: packets do as they say, and a process that dies leaves nothing open. */
@Tag("kernel")
class PolicyStormKernelTest {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyStormKernelTest.class);
  private static final long SEED = 17;
  private static final int PROGRAMS = 25;
  private static final int PACKETS = 12;
  private static final int KILLS = 30;
  private static final int MOST_PROGRAMS_OF_A_PROCESS = 12;

  @Test
  void packetsDoAsRandomProgramsSay() throws Exception {
    try (PolicyNode node = new PolicyNode(Stack.DUAL)) {
      List<TestPod> pods = new ArrayList<>();
      for (int pod = 0; pod < 4; pod++) {
        pods.add(node.addPod(pod));
      }
      int accepted = 0;
      for (int family = 0; family < 2; family++) {
        int of = family;
        List<IpAddress> addresses = pods.stream().map(pod -> pod.address(of)).toList();
        RandomPrograms programs = new RandomPrograms(SEED + family, addresses);
        for (int i = 0; i < PROGRAMS; i++) {
          PolicyProgram program = programs.next(List.of()).build();
          node.apply(program);
          accepted += assertPackets(node, pods, addresses, programs, program);
        }
      }
      LOG.info("{} of {} packets accepted", accepted, 2 * PROGRAMS * PACKETS);
      assertThat(accepted).isBetween(PROGRAMS, 2 * PROGRAMS * PACKETS - PROGRAMS);
    }
  }

  private static int assertPackets(
      PolicyNode node,
      List<TestPod> pods,
      List<IpAddress> addresses,
      RandomPrograms programs,
      PolicyProgram program)
      throws Exception {
    int accepted = 0;
    for (int packet = 0; packet < PACKETS; packet++) {
      IpAddress from = programs.address();
      IpAddress to = programs.address();
      Protocol protocol = programs.protocol();
      int port = programs.port();
      if (!from.equals(to)) {
        boolean accepts = RandomPrograms.accepts(program, from, to, protocol, port);
        TestPod sender = pods.get(addresses.indexOf(from));
        TestPod receiver = pods.get(addresses.indexOf(to));
        assertThat(node.passes(sender, receiver, to, protocol, port))
            .as("%s to %s %s %d by %s", from, to, protocol, port, program)
            .isEqualTo(accepts);
        accepted += accepts ? 1 : 0;
      }
    }
    return accepted;
  }

  @Test
  void aProcessThatIsKilledLeavesNothingOpenAndNothingClosed() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(3);
    DatagramStream allowed = new DatagramStream();
    AtomicBoolean over = new AtomicBoolean();
    AtomicLong denied = new AtomicLong();
    try (PolicyNode node = new PolicyNode(Stack.DUAL)) {
      List<TestPod> pods = new ArrayList<>();
      for (int pod = 0; pod < PolicyStorm.PODS; pod++) {
        pods.add(node.addPod(pod));
      }
      TestPod client = pods.get(0);
      TestPod server = pods.get(1);
      IpAddress target = server.address(0);
      PolicyStorm last = new PolicyStorm(SEED);
      node.apply(last.next());
      DatagramChannel receiver = server.receiver(target);
      DatagramChannel deniedReceiver =
          server.namespace().call(() -> PolicyNode.receiver(target, TestPod.PORT + 1));
      server.namespace().onEnd(deniedReceiver);
      DatagramChannel deniedSender = client.namespace().call(DatagramChannel::open);
      client.namespace().onEnd(deniedSender);
      deniedSender.connect(PolicyNode.socket(target, TestPod.PORT + 1));
      final Future<?> receiving = threads.submit(() -> allowed.receive(receiver));
      final Future<?> sending =
          threads.submit(() -> client.namespace().call(() -> allowed.send(server)));
      final Future<?> denying = threads.submit(() -> sendDenied(deniedSender, over, denied));

      int programs = 0;
      Random random = new Random(SEED);
      for (int kill = 0; kill < KILLS; kill++) {
        programs += stormUntilKilled(kill, 1 + random.nextInt(MOST_PROGRAMS_OF_A_PROCESS));
        allowed.awaitSent(50);
      }
      node.restart();
      PolicyProgram end = last.next();
      node.apply(end);
      allowed.end();
      over.set(true);
      sending.get();
      receiving.get();
      denying.get();
      LOG.info(
          "{} kills, {} programs: {} of {} lost, {} denied",
          KILLS,
          programs,
          allowed.lost(),
          allowed.sent(),
          denied.get());
      assertThat(allowed.lost()).as("lost of %d", allowed.sent()).isZero();
      assertThat(denied.get()).isGreaterThan(100);
      assertThat(deniedReceiver.receive(ByteBuffer.allocate(1))).isNull();
      assertThat(node.apply(end)).isEqualTo(PolicyApplied.UNCHANGED);
      assertLeavesNothing(node, end);
    } finally {
      allowed.end();
      over.set(true);
      threads.shutdownNow();
    }
  }

  /** What is there is what a table has that is written for the first time. */
  private static void assertLeavesNothing(PolicyNode node, PolicyProgram program) throws Exception {
    List<String> found = Shell.run("nft -s list table inet weft_policy").lines().sorted().toList();
    node.apply(PolicyProgram.NONE);
    node.apply(program);
    assertThat(Shell.run("nft -s list table inet weft_policy").lines().sorted().toList())
        .hasSameSizeAs(found);
  }

  private static Void sendDenied(DatagramChannel sender, AtomicBoolean over, AtomicLong sent)
      throws Exception {
    while (!over.get()) {
      sender.write(ByteBuffer.allocate(1));
      sent.incrementAndGet();
      LockSupport.parkNanos(200_000);
    }
    return null;
  }

  /** Has a process apply this many programs, and kills it in one of the next. */
  private static int stormUntilKilled(int seed, int programs) throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                PolicyStorm.class.getName(),
                Integer.toString(seed))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader lines = process.inputReader()) {
      String line = "";
      for (int applied = 0; applied < programs; applied++) {
        line = lines.readLine();
        assertThat(line).containsOnlyDigits();
      }
      LockSupport.parkNanos(1_000_000L * (seed * 7 % 23));
      process.destroyForcibly();
      return Integer.parseInt(line);
    } finally {
      process.destroyForcibly();
      await().until(() -> !process.isAlive());
    }
  }
}
