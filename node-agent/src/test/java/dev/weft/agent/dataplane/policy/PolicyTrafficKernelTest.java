// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.ANYONE;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.range;
import static dev.weft.core.net.Protocol.TCP;
import static dev.weft.core.net.Protocol.UDP;
import static dev.weft.core.policy.Direction.EGRESS;
import static dev.weft.core.policy.Direction.INGRESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.DatagramStream;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNamespace;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.PolicyProgram;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Streams that run while programs change. */
@Tag("kernel")
class PolicyTrafficKernelTest {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyTrafficKernelTest.class);
  private static final int PORT = 8080;
  private static final int CHANGES = 1000;
  private static final int RESTARTS = 10;

  private final ExecutorService threads = Executors.newFixedThreadPool(2);
  private PolicyNode node;
  private TestPod client;
  private TestPod server;

  @BeforeEach
  void start() throws Exception {
    node = new PolicyNode(Stack.DUAL);
    client = node.addPod(0);
    server = node.addPod(1);
  }

  @AfterEach
  void end() {
    threads.shutdownNow();
    node.close();
  }

  private PolicyProgram accepting(PolicyProgram.PortRange... ports) {
    return new ProgramBuilder()
        .group("in", INGRESS, ports.length == 0 ? new PolicyProgram.Clause[0] : clauses(ports))
        .select("in", server.attachment().addresses())
        .build();
  }

  private static PolicyProgram.Clause[] clauses(PolicyProgram.PortRange... ports) {
    return new PolicyProgram.Clause[] {clause(ANYONE, ports)};
  }

  @Test
  void aTcpStreamStopsWithItsPolicyAndGoesOnWithAnother() throws Exception {
    for (IpAddress address : server.attachment().addresses()) {
      node.apply(PolicyProgram.NONE);
      try (ServerSocketChannel listening =
              server.namespace().call(() -> PolicyNode.listen(address, PORT));
          SocketChannel sending =
              client.namespace().call(() -> PolicyNode.connect(address, PORT))) {
        await().until(sending::finishConnect);
        SocketChannel receiving = await().until(listening::accept, Objects::nonNull);
        receiving.configureBlocking(false);
        assertStopsAndGoesOn(sending, receiving, accepting(port(TCP, PORT)));
        receiving.close();
      }
    }
  }

  @Test
  void whatAClientSendsByUdpStopsWithItsPolicyAndGoesOnWithAnother() throws Exception {
    for (IpAddress address : server.attachment().addresses()) {
      node.apply(PolicyProgram.NONE);
      try (DatagramChannel receiving =
              server.namespace().call(() -> PolicyNode.receiver(address, PORT));
          DatagramChannel sending = client.namespace().call(DatagramChannel::open)) {
        sending.configureBlocking(false);
        sending.connect(PolicyNode.socket(address, PORT));
        assertStopsAndGoesOn(sending, receiving, accepting(port(UDP, PORT)));
      }
    }
  }

  /** A policy appears that accepts the stream, tightens, and relaxes. */
  private void assertStopsAndGoesOn(ByteChannel sending, Channel receiving, PolicyProgram accepting)
      throws Exception {
    await().until(() -> pump(sending, receiving) > 0);
    node.apply(accepting);
    await().until(() -> pump(sending, receiving) > 0);

    node.apply(accepting());
    long since = System.nanoTime();
    long before = node.dropped();
    await()
        .pollInterval(Duration.ofMillis(2))
        .until(() -> pump(sending, receiving) >= 0 && node.dropped() > before);
    LOG.info("the first packet was dropped after {} us", (System.nanoTime() - since) / 1000);
    pump(sending, receiving);
    await()
        .during(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> pump(sending, receiving) == 0);

    node.apply(accepting);
    await().until(() -> pump(sending, receiving) > 0);
  }

  /** Sends a little, and returns how much has arrived. */
  private static int pump(ByteChannel sending, Channel receiving) throws Exception {
    sending.write(ByteBuffer.allocate(1));
    ByteBuffer arrived = ByteBuffer.allocate(4096);
    if (receiving instanceof DatagramChannel datagrams) {
      while (datagrams.receive(arrived) != null) {
        // All that has arrived.
      }
      return arrived.position();
    }
    return ((SocketChannel) receiving).read(arrived);
  }

  /** What its packets do not pass, a server learns by ICMP from a router that no policy names. */
  @Test
  void aServerLearnsOfASmallerLinkBehindAnotherHost() throws Exception {
    TestNamespace far = node.node().world().newPodNamespace();
    TestNamespace router = node.lan();
    router.run("ip link add near mtu 1300 type veth peer name deep");
    router.run("ip link set deep netns " + far.name());
    router.run("ip addr add 10.99.0.1/24 dev near");
    router.run("ip link set near up");
    router.run("ip route add 10.244.1.0/24 via 192.168.1.11");
    router.run("sysctl -qw net.ipv4.ip_forward=1");
    far.run("ip link set deep mtu 1300");
    far.run("ip addr add 10.99.0.2/24 dev deep");
    far.run("ip link set deep up");
    far.run("ip route add default via 10.99.0.1");
    Shell.run("ip route add 10.99.0.0/24 via 192.168.1.12");
    IpAddress pod = server.address(0);
    node.apply(
        new ProgramBuilder()
            .group("in", INGRESS, clause(range("10.99.0.2/32"), port(TCP, PORT)))
            .group("mute", EGRESS)
            .select("in", pod)
            .select("mute", pod)
            .build());
    server.namespace().run("sysctl -qw net.ipv4.tcp_mtu_probing=0");
    int all = 200_000;
    try (ServerSocketChannel listening =
            server.namespace().call(() -> PolicyNode.listen(pod, PORT));
        SocketChannel receiving = far.call(() -> clampless(pod))) {
      await().until(receiving::finishConnect);
      SocketChannel sending = await().until(listening::accept, Objects::nonNull);
      ByteBuffer text = ByteBuffer.allocate(all);
      ByteBuffer arrived = ByteBuffer.allocate(all);
      await()
          .until(
              () -> {
                sending.write(text);
                receiving.read(arrived);
                return arrived.position() == all;
              });
      sending.close();
    }
    assertThat(server.namespace().run("ip route get 10.99.0.2")).contains("mtu 1300");
  }

  /** The route's advmss would tell the server; only ICMP is to. */
  private static SocketChannel clampless(IpAddress pod) throws Exception {
    Shell.run("ip route change default via 10.99.0.1 advmss 1460");
    return PolicyNode.connect(pod, PORT);
  }

  @Test
  void anErrorByIcmpPasses() throws Exception {
    for (IpAddress address : server.attachment().addresses()) {
      ProgramBuilder program = new ProgramBuilder();
      node.apply(
          program
              .group("in", INGRESS, clause(ANYONE, port(UDP, PORT)))
              .group("mute", EGRESS)
              .group("deaf", INGRESS)
              .select("in", address)
              .select("mute", address)
              .select("deaf", client.attachment().addresses())
              .build());
      try (DatagramChannel sending = client.namespace().call(DatagramChannel::open)) {
        sending.configureBlocking(false);
        sending.connect(PolicyNode.socket(address, PORT));
        await().until(() -> isUnreachable(sending));
      }
    }
  }

  private static boolean isUnreachable(DatagramChannel sending) throws Exception {
    try {
      sending.write(ByteBuffer.allocate(1));
      sending.read(ByteBuffer.allocate(1));
      return false;
    } catch (PortUnreachableException e) {
      return true;
    }
  }

  /** And not one passes that is denied, also while the agent starts again. */
  @Test
  void noPacketOfAnAllowedStreamIsLostAndNoneOfADeniedPassesWhileOthersChange() throws Exception {
    TestPod other = node.addPod(2);
    DatagramStream allowed = new DatagramStream();
    try (DatagramChannel denied = other.namespace().call(DatagramChannel::open);
        DatagramChannel deniedReceiver =
            server.namespace().call(() -> PolicyNode.receiver(server.address(0), PORT))) {
      denied.configureBlocking(false);
      denied.connect(PolicyNode.socket(server.address(0), PORT));
      node.apply(unrelated(0));
      DatagramChannel receiver = server.receiver(server.address(0));
      Future<?> receiving = threads.submit(() -> allowed.receive(receiver));
      Future<?> sending = threads.submit(() -> client.namespace().call(() -> allowed.send(server)));
      long nanos = 0;
      for (int change = 1; change <= CHANGES; change++) {
        if (change % (CHANGES / RESTARTS) == 0) {
          node.restart();
        }
        PolicyProgram next = unrelated(change);
        long start = System.nanoTime();
        node.apply(next);
        nanos += System.nanoTime() - start;
        denied.write(ByteBuffer.allocate(1));
        allowed.awaitSent(1);
      }
      allowed.end();
      sending.get();
      receiving.get();
      LOG.info(
          "{} changes of {} us: {} of {} lost",
          CHANGES,
          nanos / CHANGES / 1000,
          allowed.lost(),
          allowed.sent());
      assertThat(allowed.lost()).as("lost of %d", allowed.sent()).isZero();
      assertThat(deniedReceiver.receive(ByteBuffer.allocate(1))).isNull();
      assertThat(node.dropped()).isPositive();
    } finally {
      allowed.end();
    }
  }

  /** The same for the client and the server, another group and other members each time. */
  private PolicyProgram unrelated(int number) {
    ProgramBuilder program = new ProgramBuilder();
    IpAddress third = IpAddress.parse("10.244.1.4");
    program
        .group(
            "in",
            INGRESS,
            clause(program.addresses("clients", client.address(0)), port(UDP, TestPod.PORT)))
        .group(
            "out",
            EGRESS,
            clause(program.addresses("servers", server.address(0)), port(UDP, TestPod.PORT)))
        .select("in", server.address(0))
        .select("out", client.address(0));
    int generation = number / 2;
    program
        .group(
            "third-" + generation % 7,
            INGRESS,
            clause(
                program.addresses(
                    "thirds-" + generation % 7,
                    IpAddress.parse("10.244.7.0").plus(number % 200),
                    client.address(0)),
                port(TCP, 1 + generation % 7)))
        .select("third-" + generation % 7, third);
    return program.build();
  }
}
