// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How often an ADD and a DEL go to the kernel: a gate, for each costs time. */
@Tag("kernel")
class MessageCountKernelTest {
  @ParameterizedTest
  @EnumSource
  void anAddIsThreeSendsTwoLookUpsAndATransactionAndADelASendALookUpAndATransaction(Stack stack)
      throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(stack, sockets)) {
      node.addPod(0);
      sockets.sent.clear();

      TestPod pod = node.addPod(1);
      // With IPv6 it asks as often as the kernel takes to make the address usable.
      sockets.sent.removeIf("pod: find"::equals);
      assertThat(sockets.sent)
          .containsExactly(
              "route: 1",
              "route: " + (2 + 2 * families(stack)),
              "nft: 1",
              "pod: " + (2 + 4 * families(stack)),
              "route: find",
              "route: find");

      sockets.sent.clear();
      node.removePod(pod);
      assertThat(sockets.sent)
          .containsExactlyInAnyOrder("route: " + (1 + 2 * families(stack)), "nft: 1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFurtherInterfaceIsASendMoreAndSoIsItsDel(Stack stack) throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(stack, sockets)) {
      TestPod pod = node.addPod(0);
      Attachment further = stack.attachment(1, pod.attachment().key().containerId(), "net1");
      sockets.sent.clear();

      node.dataplane().attach(stack.request(further), pod.namespace().pod());
      sockets.sent.removeIf("pod: find"::equals);
      assertThat(sockets.sent)
          .containsExactly(
              "route: 1",
              "route: " + (2 + 2 * families(stack)),
              "nft: 1",
              "pod: " + (2 + 4 * families(stack)),
              "pod: " + 8 * families(stack),
              "route: find",
              "route: find");

      sockets.sent.clear();
      node.dataplane().detach(further, Set.of(), Optional.of(pod.namespace().pod()));
      assertThat(sockets.sent)
          .containsExactlyInAnyOrder(
              "pod: " + 2 * families(stack), "route: " + (1 + 2 * families(stack)), "nft: 1");
    }
  }

  @Test
  void hostPortsAreATransactionMoreAndWithUdpALookForConnections() throws Exception {
    Counting sockets = new Counting();
    IpAddress address = Stack.IPV4.addresses(1).get(0);
    IpAddress any = HostPort.anyOf(Family.IPV4);
    try (TestNode node = new TestNode(Stack.IPV4, sockets)) {
      node.addPod(0);
      sockets.sent.clear();

      TestPod pod =
          node.addPod(
              1,
              new HostPort(any, Protocol.TCP, 40080, address, 80),
              new HostPort(any, Protocol.UDP, 40053, address, 53));
      assertThat(sockets.sent)
          .filteredOn(sent -> sent.startsWith("nft"))
          .hasSize(3)
          .endsWith("nft: dump");

      sockets.sent.clear();
      node.removePod(pod);
      assertThat(sockets.sent).filteredOn(sent -> sent.startsWith("nft")).hasSize(3);
    }
  }

  /** The kernel goes through its whole table of connections for each dump. */
  @Test
  void howeverManyUdpPortsAreOneLookForConnectionsInEachFamily() throws Exception {
    Counting sockets = new Counting();
    HostPort[] hostPorts = hostPorts(Protocol.UDP, 20);
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      node.addPod(0);
      sockets.sent.clear();

      TestPod pod = node.addPod(1, hostPorts);
      assertThat(sockets.sent).filteredOn("nft: dump"::equals).hasSize(2);

      sockets.sent.clear();
      node.removePod(pod);
      assertThat(sockets.sent).filteredOn("nft: dump"::equals).hasSize(2);
    }
  }

  /** One for the host ports, however many, and one for the anti-spoofing filter. */
  @Test
  void hostPortsOfAPodThatDiedAreOneTransactionOfTheLoop() throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      TestPod pod = node.addPod(1, hostPorts(Protocol.TCP, 100));
      Shell.run("ip link del " + pod.attachment().hostVeth());
      NodeState desired = node.desired(List.of());
      sockets.sent.clear();

      assertThat(apply(node, desired)).isEmpty();
      assertThat(sockets.sent).filteredOn("nft: 1"::equals).hasSize(2);
      assertThat(node.dataplane().read()).isEqualTo(desired);

      NodeState again = desired.with(HostPort.KIND, Set.of(hostPorts(Protocol.TCP, 100)));
      sockets.sent.clear();
      assertThat(apply(node, again)).isEmpty();
      assertThat(sockets.sent).filteredOn("nft: 1"::equals).hasSize(1);
      assertThat(node.dataplane().read()).isEqualTo(again);
    }
  }

  private static List<Dataplane.Failure> apply(TestNode node, NodeState desired) throws Exception {
    Dataplane dataplane = node.dataplane();
    return dataplane.apply(Planner.plan(desired, dataplane.read(), InFlight.NONE));
  }

  /** A transaction that is refused, one that is not, and one for the anti-spoofing filter. */
  @Test
  void aDelOfHostPortsOfWhichSomeAreGoneIsOneTransactionMore() throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      TestPod pod = node.addPod(1, hostPorts(Protocol.TCP, 100));
      Shell.run("nft flush map inet weft_hostports any4");
      sockets.sent.clear();

      node.removePod(pod);
      assertThat(sockets.sent).filteredOn("nft: 1"::equals).hasSize(3);
      assertThat(Shell.run("nft list map inet weft_hostports any6")).doesNotContain("elements");
    }
  }

  /** Refused, what is in the way is removed, added; and one for the anti-spoofing filter. */
  @Test
  void anAddOfHostPortsThatSomethingIsInTheWayOfIsTwoTransactionsMore() throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      Shell.run(
          List.of("nft", "-f", "-"),
          "add element inet weft_hostports any4 {"
              + " tcp . 40001 : 10.244.1.99 . 1, tcp . 40050 : 10.244.1.99 . 1 }");
      sockets.sent.clear();

      node.addPod(1, hostPorts(Protocol.TCP, 100));
      assertThat(sockets.sent).filteredOn("nft: 1"::equals).hasSize(4);
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  /** In each family: more than one send holds. */
  @Test
  void aPodMayHaveThousandsOfHostPorts() throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      sockets.sent.clear();
      TestPod pod = node.addPod(1, hostPorts(Protocol.TCP, 5500));
      assertThat(sockets.sent).filteredOn("nft: 1"::equals).hasSize(3);
      assertThat(node.dataplane().read()).isEqualTo(node.desired());

      sockets.sent.clear();
      node.removePod(pod);
      assertThat(sockets.sent).filteredOn("nft: 1"::equals).hasSize(3);
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  private static HostPort[] hostPorts(Protocol protocol, int count) {
    return Stack.DUAL.addresses(1).stream()
        .flatMap(
            pod ->
                IntStream.range(40000, 40000 + count)
                    .mapToObj(
                        port ->
                            new HostPort(HostPort.anyOf(pod.family()), protocol, port, pod, port)))
        .toArray(HostPort[]::new);
  }

  /** The kernel takes long to refuse one, and the agent is ready only after them. */
  @Test
  void aRehearsalIsOneRefusedTransactionForEachRepetition() throws Exception {
    Counting sockets = new Counting();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      sockets.sent.clear();

      ((KernelDataplane) node.dataplane()).rehearse();
      long lookUps = sockets.sent.stream().filter("route: find"::equals).count();
      assertThat(lookUps).isPositive();
      assertThat(sockets.sent.stream().filter("nft: 1"::equals)).hasSize((int) lookUps);
    }
  }

  private static int families(Stack stack) {
    return stack.blocks().size();
  }

  /** The kernel's sockets, with a record of what goes over them: how many requests in each send. */
  private static final class Counting implements Sockets {
    private final Queue<String> sent = new ConcurrentLinkedQueue<>();

    @Override
    public NetlinkSocket openRoute() throws NetlinkException {
      return new Counted("route", Sockets.KERNEL.openRoute());
    }

    @Override
    public NetlinkSocket openNetfilter() throws NetlinkException {
      return new Counted("nft", Sockets.KERNEL.openNetfilter());
    }

    @Override
    public NetlinkSocket borrowRoute(int descriptor) throws NetlinkException {
      return new Counted("pod", Sockets.KERNEL.borrowRoute(descriptor));
    }

    private final class Counted implements NetlinkSocket {
      private final String name;
      private final NetlinkSocket socket;

      Counted(String name, NetlinkSocket socket) {
        this.name = name;
        this.socket = socket;
      }

      @Override
      public void execute(Request request) throws NetlinkException {
        sent.add(name + ": 1");
        socket.execute(request);
      }

      @Override
      public List<BatchFailure> executeAll(List<? extends Request> requests)
          throws NetlinkException {
        sent.add(name + ": " + requests.size());
        return socket.executeAll(requests);
      }

      @Override
      public <T> List<T> dump(Query<T> query) throws NetlinkException {
        sent.add(name + ": dump");
        return socket.dump(query);
      }

      @Override
      public <T> Optional<T> find(Query<T> query) throws NetlinkException {
        sent.add(name + ": find");
        return socket.find(query);
      }

      @Override
      public int netlinkPid() {
        return socket.netlinkPid();
      }

      @Override
      public void close() {
        socket.close();
      }
    }
  }
}
