// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.testing.BridgeNetfilter;
import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.PacketSocket;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNamespace;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.conntrack.ConnectionQuery;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A port of the node leads to a pod, whoever sends to it, and nobody's address is changed. */
@Tag("kernel")
class HostPortKernelTest {
  private static final int PORT = 40080;
  private static final int POD_PORT = 8080;
  private static final int TIMEOUT_MS = 60_000;

  /** Where something is run: in the node's namespace, or in another. */
  private interface Place {
    <T> T call(Callable<T> inside) throws Exception;
  }

  private static final Place NODE =
      new Place() {
        @Override
        public <T> T call(Callable<T> inside) throws Exception {
          return inside.call();
        }
      };

  private static Place in(TestNamespace namespace) {
    return new Place() {
      @Override
      public <T> T call(Callable<T> inside) throws Exception {
        return namespace.call(inside);
      }
    };
  }

  @ParameterizedTest
  @CsvSource({"IPV4,1", "IPV4,0", "IPV6,1", "IPV6,0", "DUAL,1", "DUAL,0"})
  void leadsFromOutsideTheNodeAnotherPodAndThePodItself(Stack stack, String brNetfilter)
      throws Exception {
    BridgeNetfilter.set(brNetfilter);
    try (TestNode node = new TestNode(stack)) {
      TestPod pod = node.addPod(0, everywhere(stack));
      TestPod neighbour = node.addPod(1);
      for (int i = 0; i < stack.blocks().size(); i++) {
        Family family = stack.blocks().get(i).family();
        IpAddress server = pod.address(i);
        IpAddress host = nodeAddress(family);

        assertThat(connect(in(node.world().lan()), host, pod, server)).isEqualTo(far(family));
        assertThat(connect(NODE, host, pod, server)).isEqualTo(host);
        assertThat(connect(in(neighbour.namespace()), host, pod, server))
            .isEqualTo(neighbour.address(i));
        assertThat(connect(in(pod.namespace()), host, pod, server))
            .isEqualTo(stack.gateways().get(i).address());

        assertThat(exchange(in(node.world().lan()), host, pod, server)).isEqualTo(far(family));
        assertThat(exchange(NODE, host, pod, server)).isEqualTo(host);
        assertThat(exchange(in(neighbour.namespace()), host, pod, server))
            .isEqualTo(neighbour.address(i));
        assertThat(exchange(in(pod.namespace()), host, pod, server))
            .isEqualTo(stack.gateways().get(i).address());
      }
    }
  }

  /** No packet comes from a loopback address to a pod and back: it is refused, not lost. */
  @ParameterizedTest
  @CsvSource({"IPV4,127.0.0.1", "IPV6,::1"})
  void theNodesLoopbackLeadsToThePodUnlessTheSenderHasItToo(Stack stack, String address)
      throws Exception {
    Shell.run("ip link set lo up");
    IpAddress loopback = IpAddress.parse(address);
    IpAddress host = nodeAddress(loopback.family());
    try (TestNode node = new TestNode(stack)) {
      TestPod any = node.addPod(0, everywhere(stack));
      assertThat(connect(NODE, host, loopback, any, any.address(0))).isEqualTo(host);
      node.removePod(any);
      TestPod pod = node.addPod(0, hostPort(Protocol.TCP, loopback, stack, 0));
      assertThat(connect(NODE, host, loopback, pod, pod.address(0))).isEqualTo(host);

      try (Socket socket = new Socket()) {
        assertThat(refused(socket, TestPod.socketAddress(loopback, PORT))).isTrue();
      }
    }
  }

  @Test
  void theSamePortOfAnotherAddressOrProtocolLeadsElsewhere() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      Shell.run("ip addr add 192.168.1.21/24 dev uplink");
      node.repair();
      IpAddress one = nodeAddress(Family.IPV4);
      IpAddress other = IpAddress.parse("192.168.1.21");
      Place outside = in(node.world().lan());
      TestPod first = node.addPod(0, hostPort(Protocol.TCP, one, 0));
      TestPod second = node.addPod(1, hostPort(Protocol.TCP, other, 1));
      TestPod third = node.addPod(2, hostPort(Protocol.UDP, one, 2));

      connect(outside, one, first, first.address(0));
      connect(outside, other, second, second.address(0));
      exchange(outside, one, third, third.address(0));
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  /** The kernel of a test may have no dummy links; IPVS' link only carries addresses. */
  @Test
  void aServiceOfIpvsStaysTheClusters() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      Shell.run("ip link add kube-ipvs0 type bridge");
      Shell.run("ip addr add 10.96.0.1/32 dev kube-ipvs0");
      node.repair();
      node.world().lan().run("ip route add 10.96.0.1 via 192.168.1.11");
      TestPod pod = node.addPod(0, everywhere(Stack.IPV4));
      TestPod other = node.addPod(1);
      IpAddress service = IpAddress.parse("10.96.0.1");

      for (Place from : List.of(in(node.world().lan()), in(other.namespace()), NODE)) {
        connect(from, nodeAddress(Family.IPV4), pod, pod.address(0));
        assertThat(leadsToAPod(from, service, pod)).isFalse();
      }
    }
  }

  @Test
  void anAddressThatMovesInLeadsToThePodUntilItGoes() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod pod = node.addPod(0, everywhere(Stack.DUAL));
      Semaphore told = new Semaphore(0);
      node.dataplane().onChange(told::release);
      for (int i = 0; i < 2; i++) {
        IpAddress moving = IpAddress.parse(i == 0 ? "192.168.1.50" : "fd00:192::50");
        String address = moving + (i == 0 ? "/32" : "/128 nodad");
        for (int round = 0; round < 2; round++) {
          told.drainPermits();
          Shell.run("ip addr add " + address + " dev uplink");
          assertThat(told.tryAcquire(90, TimeUnit.SECONDS)).as("told").isTrue();
          node.repair();
          connect(in(node.world().lan()), moving, pod, pod.address(i));

          told.drainPermits();
          Shell.run("ip addr del " + address.replace(" nodad", "") + " dev uplink");
          assertThat(told.tryAcquire(90, TimeUnit.SECONDS)).as("told").isTrue();
          node.repair();
          HostPortRules rules = node.dataplane().read().only(HostPortRules.KIND).orElseThrow();
          assertThat(rules.nodeAddresses()).doesNotContain(moving);
          // It is another host's now, and a packet to it only passes through.
          node.world().lan().run("ip addr add " + address + " dev far");
          assertThat(leadsToAPod(NODE, moving, pod)).isFalse();
          node.world().lan().run("ip addr del " + address.replace(" nodad", "") + " dev far");
        }
      }
    }
  }

  @Test
  void anAddressThatMovesInLeadsToThePodWhileAnotherTableIsRefused() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      TestPod pod = node.addPod(0, everywhere(Stack.IPV4));
      node.repair();
      Shell.run(
          List.of("nft", "-f", "-"),
          "delete table inet weft_masquerade\n"
              + "table inet weft_masquerade {\n set pools4 {\n type ipv6_addr\n }\n}\n");
      await()
          .until(
              () ->
                  node.dataplane()
                      .read()
                      .of(MasqueradeRules.KIND)
                      .contains(MasqueradeRules.ALTERED));
      IpAddress moving = IpAddress.parse("192.168.1.50");

      Shell.run("ip addr add 192.168.1.50/32 dev uplink");
      assertThat(reconcile(node)).isNotEmpty().allMatch(message -> message.contains("weft_masq"));
      connect(in(node.world().lan()), moving, pod, pod.address(0));

      Shell.run("ip addr del 192.168.1.50/32 dev uplink");
      assertThat(reconcile(node)).isNotEmpty().allMatch(message -> message.contains("weft_masq"));
      HostPortRules rules = node.dataplane().read().only(HostPortRules.KIND).orElseThrow();
      assertThat(rules.nodeAddresses()).doesNotContain(moving);
    }
  }

  /** Once; returns the messages of what failed. */
  private static List<String> reconcile(TestNode node) throws Exception {
    Dataplane dataplane = node.dataplane();
    return dataplane.apply(Planner.plan(node.desired(), dataplane.read(), InFlight.NONE)).stream()
        .map(failure -> failure.error().getMessage())
        .toList();
  }

  private static boolean leadsToAPod(Place from, IpAddress host, TestPod pod) throws Exception {
    int family = host.family() == Family.IPV4 ? 0 : 1;
    InetAddress inside = InetAddress.getByAddress(pod.address(family).bytes());
    ServerSocket listener = pod.namespace().call(() -> new ServerSocket(POD_PORT, 1, inside));
    Socket socket = from.call(Socket::new);
    try (listener;
        socket) {
      socket.bind(TestPod.socketAddress(HostPort.anyOf(host.family()), 0));
      return !refused(socket, TestPod.socketAddress(host, PORT));
    }
  }

  /** The kernel of a test may have no SCTP sockets: the packet itself shows where it is led. */
  @ParameterizedTest
  @EnumSource(
      value = Stack.class,
      names = {"IPV4", "IPV6"})
  void leadsSctp(Stack stack) throws Exception {
    Family family = stack.blocks().get(0).family();
    try (TestNode node = new TestNode(stack)) {
      IpAddress any = HostPort.anyOf(family);
      IpAddress target = stack.addresses(0).get(0);
      TestPod pod = node.addPod(0, new HostPort(any, Protocol.SCTP, PORT, target, POD_PORT));
      PacketSocket packets = pod.packets();
      PacketSocket outside = PacketSocket.in(node.world().lan(), "far");
      MacAddress from = mac(node.world().lan().run("ip -o link show far"));
      MacAddress to = mac(Shell.run("ip -o link show uplink"));

      outside.send(Frames.sctpInit(from, to, far(family), nodeAddress(family), PORT));

      await()
          .until(
              () ->
                  packets.seen().stream()
                      .anyMatch(frame -> Frames.isSctpTo(frame, family, POD_PORT)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"IPV4", "IPV6"})
  void udpOfAClientThatGoesOnFollowsToTheNextPod(String name) throws Exception {
    Stack stack = Stack.valueOf(name);
    Family family = stack.blocks().get(0).family();
    IpAddress host = nodeAddress(family);
    try (TestNode node = new TestNode(stack);
        DatagramChannel client = node.world().lan().call(DatagramChannel::open)) {
      client.configureBlocking(false);
      SocketAddress to = TestPod.socketAddress(host, PORT);
      // Before there is a host port: the kernel remembers it as a connection to the node itself.
      client.send(ByteBuffer.wrap(new byte[1]), to);

      TestPod first = node.addPod(0, hostPort(Protocol.UDP, HostPort.anyOf(family), stack, 0));
      assertArrives(client, to, first);
      node.removePod(first);
      client.send(ByteBuffer.wrap(new byte[1]), to);
      TestPod second = node.addPod(1, hostPort(Protocol.UDP, HostPort.anyOf(family), stack, 1));
      assertArrives(client, to, second);
    }
  }

  @Test
  void udpToEachOfAPodsPortsIsForgottenAndToNoOther() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4);
        DatagramChannel client = node.world().lan().call(DatagramChannel::open)) {
      IpAddress host = nodeAddress(Family.IPV4);
      IpAddress pod = Stack.IPV4.addresses(0).get(0);
      Set<Integer> ports = Set.of(PORT, PORT + 1, PORT + 2);
      sendToEach(client, host, ports);

      TestPod added =
          node.addPod(
              0,
              new HostPort(host, Protocol.UDP, PORT, pod, POD_PORT),
              new HostPort(HostPort.anyOf(Family.IPV4), Protocol.UDP, PORT + 1, pod, POD_PORT + 1));
      assertThat(portsConnectedTo(ports)).containsExactly(PORT + 2);

      sendToEach(client, host, ports);
      node.removePod(added);
      assertThat(portsConnectedTo(ports)).containsExactly(PORT + 2);
    }
  }

  private static void sendToEach(DatagramChannel client, IpAddress host, Set<Integer> ports)
      throws Exception {
    for (int port : ports) {
      client.send(
          ByteBuffer.wrap(new byte[1]),
          new InetSocketAddress(InetAddress.getByAddress(host.bytes()), port));
    }
    await().until(() -> portsConnectedTo(ports).containsAll(ports));
  }

  private static List<Integer> portsConnectedTo(Set<Integer> ports) throws Exception {
    try (NetlinkSocket netfilter = Sockets.KERNEL.openNetfilter()) {
      return netfilter.dump(new ConnectionQuery(Family.IPV4, Protocol.UDP, ports)).stream()
          .map(connection -> connection.original().destinationPort())
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "192.168.1.50"})
  void udpThatCameToAnAddressBeforeItWasKnownFollowsToThePod(String on) throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4);
        DatagramChannel client = node.world().lan().call(DatagramChannel::open)) {
      client.configureBlocking(false);
      TestPod pod = node.addPod(0, hostPort(Protocol.UDP, IpAddress.parse(on), 0));
      IpAddress moving = IpAddress.parse("192.168.1.50");
      Shell.run("ip addr add 192.168.1.50/32 dev uplink");
      client.send(ByteBuffer.wrap(new byte[1]), TestPod.socketAddress(moving, PORT));
      await().until(() -> connectedTo().contains(moving));

      node.repair();

      assertArrives(client, TestPod.socketAddress(moving, PORT), pod);
    }
  }

  /** The kernel calls the address local, but it is no address of the node. */
  @Test
  void udpToAServiceOfIpvsIsNotForgotten() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4);
        DatagramChannel client = node.world().lan().call(DatagramChannel::open)) {
      Shell.run("ip link add kube-ipvs0 type bridge");
      Shell.run("ip addr add 10.96.0.1/32 dev kube-ipvs0");
      node.repair();
      node.world().lan().run("ip route add 10.96.0.1 via 192.168.1.11");
      for (IpAddress to : List.of(IpAddress.parse("10.96.0.1"), nodeAddress(Family.IPV4))) {
        client.send(ByteBuffer.wrap(new byte[1]), TestPod.socketAddress(to, PORT));
        await().until(() -> connectedTo().contains(to));
      }

      node.addPod(0, hostPort(Protocol.UDP, HostPort.anyOf(Family.IPV4), 0));

      assertThat(connectedTo()).containsExactly(IpAddress.parse("10.96.0.1"));
    }
  }

  /** The addresses that UDP connections to the host port were made to. */
  private static List<IpAddress> connectedTo() throws Exception {
    try (NetlinkSocket netfilter = Sockets.KERNEL.openNetfilter()) {
      return netfilter.dump(new ConnectionQuery(Family.IPV4, Protocol.UDP, PORT)).stream()
          .map(connection -> connection.original().destination())
          .toList();
    }
  }

  /** What is only passing through the node is none of the host port's business. */
  @Test
  void udpToTheSamePortOfAnotherHostGoesOn() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      TestPod client = node.addPod(0);
      IpAddress outside = far(Family.IPV4);
      try (DatagramChannel server =
              node.world()
                  .lan()
                  .call(() -> DatagramChannel.open().bind(TestPod.socketAddress(outside, PORT)));
          DatagramChannel socket = client.namespace().call(DatagramChannel::open)) {
        server.configureBlocking(false);
        socket.send(ByteBuffer.wrap(new byte[1]), TestPod.socketAddress(outside, PORT));
        SocketAddress before = received(server);
        node.addPod(1, hostPort(Protocol.UDP, HostPort.anyOf(Family.IPV4), 1));
        socket.send(ByteBuffer.wrap(new byte[1]), TestPod.socketAddress(outside, PORT));

        // Masquerade would have chosen another port for a new connection.
        assertThat(received(server)).isEqualTo(before);
      }
    }
  }

  /** Left behind by a pod that died while nobody looked. */
  @Test
  void takesAPortOverFromAPodThatIsGone() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      Shell.run(
          List.of("nft", "add element inet weft_hostports any4 { tcp . 40080 : 10.244.1.99 . 1 }"),
          "");
      TestPod pod = node.addPod(0, hostPort(Protocol.TCP, HostPort.anyOf(Family.IPV4), 0));

      connect(in(node.world().lan()), nodeAddress(Family.IPV4), pod, pod.address(0));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft flush map inet weft_hostports any4",
        "nft flush map inet weft_hostports address6",
        "nft flush set inet weft_hostports self4",
        "nft flush set inet weft_hostports node6",
        "nft add element inet weft_hostports node4 { 10.96.0.1 }",
        "nft flush chain inet weft_hostports ports",
        "nft delete table inet weft_hostports",
        "nft flush ruleset",
        "nft add element inet weft_hostports any4 { udp . 99 : 10.244.1.99 . 1 }",
      })
  void whateverIsChangedByHandIsToldAndComesBack(String command) throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      node.addPod(
          0,
          hostPort(Protocol.TCP, HostPort.anyOf(Family.IPV4), Stack.DUAL, 0),
          hostPort(Protocol.UDP, nodeAddress(Family.IPV6), Stack.DUAL, 0));
      await().until(() -> node.dataplane().read().equals(node.desired()));
      Semaphore told = new Semaphore(0);
      node.dataplane().onChange(told::release);

      Shell.run(List.of("nft", command.substring(4)), "");

      assertThat(told.tryAcquire(90, TimeUnit.SECONDS)).as("told").isTrue();
      node.awaitDrift();
      node.awaitRepaired();
      assertThat(Shell.run("nft list set inet weft_hostports self4")).contains("10.244.1.2");
    }
  }

  @Test
  void aCheckNamesTheOneThatIsMissing() throws Exception {
    HostPort hostPort = hostPort(Protocol.TCP, HostPort.anyOf(Family.IPV4), 0);
    try (TestNode node = new TestNode(Stack.IPV4)) {
      TestPod pod = node.addPod(0, hostPort);
      AttachRequest request = Stack.IPV4.request(pod.attachment(), Set.of(hostPort));
      assertThat(node.dataplane().check(request, pod.namespace().pod())).isEmpty();

      Shell.run("nft flush map inet weft_hostports any4");

      assertThat(node.dataplane().check(request, pod.namespace().pod()))
          .contains("the node does not lead host port tcp 0.0.0.0:40080 to 10.244.1.2:8080");
    }
  }

  @Test
  void aPodThatCannotHaveItsHostPortsLeavesNothing() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      Shell.run("nft delete table inet weft_hostports");
      HostPort hostPort = hostPort(Protocol.TCP, HostPort.anyOf(Family.IPV4), 0);

      assertThat(refusal(() -> node.addPod(0, hostPort)))
          .contains("host port", "tcp 0.0.0.0:40080");

      node.repair();
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  @Test
  void goesWithItsPod() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod pod = node.addPod(0, everywhere(Stack.DUAL));
      node.removePod(pod);

      assertThat(node.dataplane().read()).isEqualTo(node.desired());
      for (String map : List.of("any4", "any6", "address4", "address6")) {
        assertThat(Shell.run("nft list map inet weft_hostports " + map)).doesNotContain("elements");
      }
      for (String set : List.of("self4", "self6")) {
        assertThat(Shell.run("nft list set inet weft_hostports " + set)).doesNotContain("elements");
      }
    }
  }

  private static String refusal(Callable<?> action) throws Exception {
    try {
      action.call();
    } catch (DataplaneException e) {
      return e.getMessage();
    }
    throw new AssertionError("not refused");
  }

  private static HostPort[] everywhere(Stack stack) {
    return stack.addresses(0).stream()
        .flatMap(
            pod ->
                List.of(Protocol.TCP, Protocol.UDP).stream()
                    .map(
                        protocol ->
                            new HostPort(
                                HostPort.anyOf(pod.family()), protocol, PORT, pod, POD_PORT)))
        .toArray(HostPort[]::new);
  }

  private static HostPort hostPort(Protocol protocol, IpAddress on, int pod) {
    return hostPort(protocol, on, Stack.IPV4, pod);
  }

  private static HostPort hostPort(Protocol protocol, IpAddress on, Stack stack, int pod) {
    IpAddress target =
        stack.addresses(pod).stream()
            .filter(address -> address.family() == on.family())
            .findFirst()
            .orElseThrow();
    return new HostPort(on, protocol, PORT, target, POD_PORT);
  }

  private static IpAddress nodeAddress(Family family) {
    return IpAddress.parse(family == Family.IPV4 ? "192.168.1.11" : "fd00:192::11");
  }

  private static IpAddress far(Family family) {
    return IpAddress.parse(family == Family.IPV4 ? "192.168.1.12" : "fd00:192::12");
  }

  private static MacAddress mac(String link) {
    return MacAddress.parse(link.replaceAll("(?s).*link/ether ([0-9a-f:]+) .*", "$1"));
  }

  private static IpAddress connect(Place from, IpAddress host, TestPod pod, IpAddress server)
      throws Exception {
    return connect(from, HostPort.anyOf(host.family()), host, pod, server);
  }

  /** Connects to the host port, and tells which client the pod sees. */
  private static IpAddress connect(
      Place from, IpAddress source, IpAddress host, TestPod pod, IpAddress server)
      throws Exception {
    InetAddress inside = InetAddress.getByAddress(server.bytes());
    ServerSocket listener = pod.namespace().call(() -> new ServerSocket(POD_PORT, 1, inside));
    try (listener) {
      Socket connection =
          from.call(
              () -> {
                Socket socket = new Socket();
                socket.bind(TestPod.socketAddress(source, 0));
                socket.connect(TestPod.socketAddress(host, PORT), TIMEOUT_MS);
                return socket;
              });
      try (connection;
          Socket accepted = listener.accept()) {
        accepted.getOutputStream().write('x');
        connection.setSoTimeout(TIMEOUT_MS);
        assertThat(connection.getInputStream().read()).isEqualTo('x');
        return IpAddress.ofBytes(accepted.getInetAddress().getAddress());
      }
    }
  }

  private static boolean refused(Socket socket, InetSocketAddress to) throws IOException {
    try {
      socket.connect(to, TIMEOUT_MS);
      return false;
    } catch (ConnectException e) {
      return e.getMessage().contains("refused");
    }
  }

  /**
   * Sends a datagram to the host port and waits for its answer; tells which client the pod sees.
   */
  private static IpAddress exchange(Place from, IpAddress host, TestPod pod, IpAddress server)
      throws Exception {
    InetSocketAddress inside = TestPod.socketAddress(server, POD_PORT);
    InetSocketAddress to = TestPod.socketAddress(host, PORT);
    try (DatagramChannel listener =
            pod.namespace().call(() -> DatagramChannel.open().bind(inside));
        DatagramChannel client = from.call(() -> DatagramChannel.open())) {
      listener.configureBlocking(false);
      client.configureBlocking(false);
      client.connect(to);
      client.write(ByteBuffer.wrap(new byte[1]));
      SocketAddress sender = received(listener);
      listener.send(ByteBuffer.wrap(new byte[1]), sender);
      assertThat(received(client)).isEqualTo(to);
      return IpAddress.ofBytes(((InetSocketAddress) sender).getAddress().getAddress());
    }
  }

  private static SocketAddress received(DatagramChannel channel) {
    return await().until(() -> channel.receive(ByteBuffer.allocate(64)), Objects::nonNull);
  }

  /** One datagram is enough: the port is the pod's from the moment its ADD is answered. */
  private static void assertArrives(DatagramChannel client, SocketAddress to, TestPod pod)
      throws Exception {
    InetSocketAddress inside = TestPod.socketAddress(pod.address(0), POD_PORT);
    try (DatagramChannel listener =
        pod.namespace().call(() -> DatagramChannel.open().bind(inside))) {
      listener.configureBlocking(false);
      client.send(ByteBuffer.wrap(new byte[1]), to);
      received(listener);
    }
  }
}
