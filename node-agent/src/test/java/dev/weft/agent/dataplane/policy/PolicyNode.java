// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNamespace;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkMonitor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** A node with pods, the kernel's side of policies on it, and packets that pass or are dropped. */
final class PolicyNode implements AutoCloseable {
  /** The kernel of a busy machine once took 20 s for a small table. */
  static final NftProgram NFT = new NftProgram("nft", Duration.ofMinutes(1));

  private final TestNode node;
  private final KernelNetlinkSocket hot = KernelNetlinkSocket.openNetfilter();
  private final KernelNetlinkSocket loop = KernelNetlinkSocket.openNetfilter();
  private final KernelNetlinkSocket scrape = KernelNetlinkSocket.openNetfilter();
  private final AtomicInteger foreign = new AtomicInteger();
  private PolicyDataplane policies;
  private NetlinkMonitor monitor;

  PolicyNode(Stack stack) throws Exception {
    node = new TestNode(stack);
    restart();
  }

  /** The agent's process is another from now on. */
  void restart() throws Exception {
    if (monitor != null) {
      monitor.close();
    }
    policies = newDataplane(NFT);
    PolicyDataplane current = policies;
    monitor =
        NetlinkMonitor.nftables(
            change -> {
              if (current.noteChange(change)) {
                foreign.incrementAndGet();
              }
            },
            current::mayHaveChanged);
  }

  PolicyDataplane newDataplane(NftProgram nft) {
    return new KernelPolicyDataplane(nft, hot, loop, scrape);
  }

  TestNode node() {
    return node;
  }

  PolicyDataplane policies() {
    return policies;
  }

  /** How many changes of the table by somebody else were notified of. */
  int foreign() {
    return foreign.get();
  }

  TestPod addPod(int number) throws Exception {
    return node.addPod(number);
  }

  TestNamespace lan() {
    return node.world().lan();
  }

  /** Applies a program that the kernel takes. */
  PolicyApplied apply(PolicyProgram program) throws Exception {
    PolicyApplied applied = policies.apply(() -> program, Mode.ENFORCE);
    assertThat(applied.refused()).isEmpty();
    return applied;
  }

  /** Whether the first packet of a connection arrives; it waits until it did, or was dropped. */
  boolean passes(
      TestNamespace from, TestNamespace to, IpAddress target, Protocol protocol, int port)
      throws Exception {
    return protocol == Protocol.TCP
        ? tcp(from, to, target, port, target, port)
        : udp(from, to, target, port);
  }

  boolean passes(TestPod from, TestPod to, IpAddress target, Protocol protocol, int port)
      throws Exception {
    return passes(from.namespace(), to.namespace(), target, protocol, port);
  }

  /** A connection to a target that is translated to where somebody listens. */
  boolean tcp(
      TestNamespace from,
      TestNamespace to,
      IpAddress target,
      int port,
      IpAddress listening,
      int listeningPort)
      throws Exception {
    long before = dropped();
    try (ServerSocketChannel server = to.call(() -> listen(listening, listeningPort));
        SocketChannel client = from.call(() -> connect(target, port))) {
      return await()
          .until(() -> isConnected(client, before), state -> state != null && server.isOpen());
    }
  }

  private Boolean isConnected(SocketChannel client, long before) throws Exception {
    if (client.finishConnect()) {
      return true;
    }
    return dropped() > before ? false : null;
  }

  /** Whether a connection comes about, whatever is counted as dropped. */
  boolean connects(TestNamespace from, TestNamespace to, IpAddress target, int port)
      throws Exception {
    try (ServerSocketChannel server = to.call(() -> listen(target, port));
        SocketChannel client = from.call(() -> connect(target, port))) {
      await().until(() -> client.finishConnect() && server.isOpen());
      return client.isConnected();
    }
  }

  /** Whether a pod reaches a port of its node. */
  boolean toNode(TestNamespace from, IpAddress address, int port) throws Exception {
    long before = dropped();
    try (ServerSocketChannel server = listen(address, port);
        SocketChannel client = from.call(() -> connect(address, port))) {
      return await()
          .until(() -> isConnected(client, before), state -> state != null && server.isOpen());
    }
  }

  /** Whether the node reaches a port of a pod. */
  boolean fromNode(TestNamespace to, IpAddress address, int port) throws Exception {
    long before = dropped();
    try (ServerSocketChannel server = to.call(() -> listen(address, port));
        SocketChannel client = connect(address, port)) {
      return await()
          .until(() -> isConnected(client, before), state -> state != null && server.isOpen());
    }
  }

  boolean udp(TestNamespace from, TestNamespace to, IpAddress target, int port) throws Exception {
    long before = dropped();
    try (DatagramChannel server = to.call(() -> receiver(target, port))) {
      from.call(
          () -> {
            try (DatagramChannel client = DatagramChannel.open()) {
              return client.send(ByteBuffer.allocate(1), socket(target, port));
            }
          });
      return await().until(() -> hasReceived(server, before), state -> state != null);
    }
  }

  private Boolean hasReceived(DatagramChannel server, long before) throws Exception {
    if (server.receive(ByteBuffer.allocate(8)) != null) {
      return true;
    }
    return dropped() > before ? false : null;
  }

  /** Packets of both directions. */
  long dropped() throws Exception {
    return policies.dropped().values().stream().mapToLong(Long::longValue).sum();
  }

  static ServerSocketChannel listen(IpAddress on, int port) throws Exception {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.configureBlocking(false);
    return server.bind(socket(on, port));
  }

  static SocketChannel connect(IpAddress target, int port) throws Exception {
    SocketChannel client = SocketChannel.open();
    client.configureBlocking(false);
    client.connect(socket(target, port));
    return client;
  }

  static DatagramChannel receiver(IpAddress on, int port) throws Exception {
    DatagramChannel server = DatagramChannel.open();
    server.configureBlocking(false);
    return server.bind(socket(on, port));
  }

  static InetSocketAddress socket(IpAddress address, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByAddress(address.bytes()), port);
  }

  @Override
  public void close() {
    monitor.close();
    node.close();
    hot.close();
    loop.close();
    scrape.close();
  }
}
