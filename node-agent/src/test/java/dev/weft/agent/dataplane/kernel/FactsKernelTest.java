// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class FactsKernelTest {
  private static final String FIREWALLD = "inet firewalld filter_PREROUTING";

  @Test
  void whatIsNotOursIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      node.addPod(0);
      Shell.run("ip link set uplink mtu 1450");
      Shell.run("ip route add default via 192.168.1.12");
      Shell.run("ip route add 10.77.0.0/16 via 192.168.1.12");

      Shell.run("ip route add 10.78.0.0/16 via 192.168.1.12");
      Shell.run("ip link add spare type veth peer name unused");
      Shell.run("ip addr add 10.99.0.1/24 dev spare");

      NodeFacts facts =
          node.dataplane()
              .facts(
                  new FactsWanted(
                      List.of(Cidr.parse("10.77.0.0/16"), Cidr.parse("192.168.0.0/16")),
                      List.of()));

      assertThat(facts.interfaces())
          .containsExactly(
              new NodeFacts.Interface(
                  "uplink",
                  1450,
                  List.of(
                      InterfaceAddress.parse("192.168.1.11/24"),
                      InterfaceAddress.parse("fd00:192::11/64"))));
      assertThat(facts.foreignRoutes())
          .as("in the ranges that were asked about")
          .containsExactlyInAnyOrder(Cidr.parse("192.168.1.0/24"), Cidr.parse("10.77.0.0/16"));
      assertThat(facts.addresses())
          .contains(
              IpAddress.parse("192.168.1.11"),
              IpAddress.parse("fd00:192::11"),
              IpAddress.parse("10.99.0.1"))
          .doesNotContain(IpAddress.parse("10.244.1.1"));
      assertThat(facts.forwarding()).containsExactlyInAnyOrder(Family.IPV4, Family.IPV6);
    }
  }

  @Test
  void aChainThatDropsWhatIsForwardedIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      assertThat(facts(node).forwardDrops()).isEmpty();
      for (String table : List.of("ip", "ip6", "inet")) {
        String rules =
            """
            table %s filter {
              chain PLAIN { }
              chain INPUT { type filter hook input priority 0; policy drop; }
              chain FORWARD { type filter hook forward priority 0; policy drop; }
              chain OTHER { type filter hook forward priority 1; policy accept; }
            }\
            """;
        Shell.run(List.of("nft", "-f", "-"), rules.formatted(table));
      }

      assertThat(facts(node).forwardDrops())
          .containsExactlyInAnyOrder(
              "ip filter FORWARD", "ip6 filter FORWARD", "inet filter FORWARD");
    }
  }

  @Test
  void aChainThatDropsWhatIsAnsweredByAnotherLinkIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      nft(
          """
          table inet firewalld {
            chain filter_PREROUTING {
              type filter hook prerouting priority filter + 10; policy accept;
              icmpv6 type { nd-router-advert, nd-neighbor-solicit } accept
              meta nfproto ipv6 fib saddr . mark . iif oif missing drop
            }
            chain loose {
              type filter hook prerouting priority filter + 11; policy accept;
              meta nfproto ipv6 fib saddr . mark oif missing drop
            }
            chain counted {
              type filter hook prerouting priority filter + 12; policy accept;
              fib saddr . iif oif missing counter
              fib daddr type local drop
            }
            chain forwarded {
              type filter hook forward priority 0; policy accept;
              fib saddr . iif oif missing drop
            }
          }\
          """);
      await().until(() -> facts(node).strictChains(), List.of(FIREWALLD)::equals);
      nft("delete table inet firewalld");
      await().until(() -> facts(node).strictChains().isEmpty());
    }
  }

  @Test
  void theMatchOfIptablesIsToldUnlessItIsLoose() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      Shell.run("ip6tables-nft -t raw -A PREROUTING -m rpfilter --loose --invert -j DROP");
      Shell.run("ip6tables-nft -t mangle -A PREROUTING -m rpfilter --validmark --invert -j DROP");
      await().until(() -> facts(node).strictChains(), List.of("ip6 mangle PREROUTING")::equals);
    }
  }

  @Test
  void forwardingThatIsOffIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      Shell.run("sysctl -qw net.ipv4.ip_forward=0");
      assertThat(facts(node).forwarding()).containsExactly(Family.IPV6);
      Shell.run("sysctl -qw net.ipv6.conf.all.forwarding=0");
      assertThat(facts(node).forwarding()).isEmpty();
    }
  }

  @Test
  void aNextHopIsOnLinkWhereTheKernelTakesNoGateway() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      node.addPod(0);
      Shell.run("ip link add spare type veth peer name unused");
      Shell.run("ip addr add 192.168.1.1/25 dev spare");
      Shell.run("ip addr add 192.168.2.11/24 dev spare");
      Shell.run("ip route add 10.9.0.7 dev uplink");
      Shell.run("ip route add unreachable 10.9.0.8");
      Shell.run("ip route add 10.9.1.0/24 via 192.168.1.12");

      assertThat(onLink(node, "192.168.1.12", "fd00:192::12", "10.9.0.7"))
          .as("over a link that is up; a longer prefix on one that is down does not count")
          .isEqualTo(
              Map.of("192.168.1.12", "uplink", "fd00:192::12", "uplink", "10.9.0.7", "uplink"));
      assertThat(
              onLink(
                  node,
                  "192.168.2.12", // a link that is down
                  "192.168.1.11", // this node
                  "10.9.0.8", // unreachable
                  "10.9.1.1", // behind a gateway
                  "10.244.1.2", // a pod of this node
                  "10.244.1.9",
                  "10.10.0.1", // no route
                  "0.0.0.0",
                  "255.255.255.255",
                  "224.0.0.1",
                  "127.0.0.1",
                  "fd00:193::1",
                  "ff02::1",
                  "::1",
                  "::"))
          .isEmpty();
    }
  }

  @Test
  void aNextHopIsAskedForAgainWhenSomethingOnItsWayChanged() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      Map<String, String> reached = Map.of("192.168.1.12", "uplink");
      assertThat(onLink(node, "192.168.1.12")).isEqualTo(reached);
      Shell.run("ip link set uplink down");
      await().until(() -> onLink(node, "192.168.1.12").isEmpty());
      Shell.run("ip link set uplink up");
      await().until(() -> onLink(node, "192.168.1.12").equals(reached));
      Shell.run("ip addr del 192.168.1.11/24 dev uplink");
      await().until(() -> onLink(node, "192.168.1.12").isEmpty());
      Shell.run("ip route add 192.168.1.12 dev uplink");
      await().until(() -> onLink(node, "192.168.1.12").equals(reached));
      Shell.run("ip route del 192.168.1.12 dev uplink");
      await().until(() -> onLink(node, "192.168.1.12").isEmpty());
      Shell.run("ip route add default dev uplink");
      await().until(() -> onLink(node, "192.168.1.12").equals(reached));
    }
  }

  @Test
  void fiveThousandNextHopsAreAskedForInAFewSendsAndOnlyOnce() throws Exception {
    Asking sockets = new Asking();
    try (TestNode node = new TestNode(Stack.IPV4, sockets)) {
      Shell.run("ip addr add 192.168.1.11/16 dev uplink");
      FactsWanted wanted = nextHops(5000);
      node.dataplane().facts(wanted);
      await().until(() -> sockets.askedBy(() -> node.dataplane().facts(wanted)) == 0);
      node.addPod(0);
      Shell.run("ip route add 172.31.0.0/16 via 192.168.1.12");
      Shell.run("ip link add other type veth peer name unused");

      assertThat(sockets.askedBy(() -> node.dataplane().facts(wanted)))
          .as("asked again for what leads to none of them")
          .isZero();
      assertThat(sockets.askedBy(() -> node.dataplane().facts(nextHops(5001)))).isEqualTo(1);
      int beyond = 254;
      Shell.run("ip route add 192.168.7.0/24 via 192.168.1.12");
      await()
          .until(
              () -> {
                int sent = sockets.sends.get();
                int asked = sockets.askedBy(() -> node.dataplane().facts(wanted));
                // Beyond the router the path's MTU is asked for as well.
                return asked == 5000 + beyond && sockets.sends.get() - sent <= 2;
              });
      assertThat(node.dataplane().facts(wanted).onLink()).hasSize(5000 - beyond);
    }
  }

  /** A router advertisement does so every few seconds; it reports the address as a new one. */
  @Test
  void aRefreshedLifetimeOfAnAddressAsksForNoNextHopAgain() throws Exception {
    Asking sockets = new Asking();
    try (TestNode node = new TestNode(Stack.IPV4, sockets)) {
      FactsWanted wanted = nextHops(10);
      AtomicInteger woken = new AtomicInteger();
      node.dataplane().onChange(woken::incrementAndGet);
      node.dataplane().facts(wanted);
      await().until(() -> sockets.askedBy(() -> node.dataplane().facts(wanted)) == 0);
      woken.set(0);

      Shell.run("ip addr change fd00:192::11/64 dev uplink valid_lft 3600 preferred_lft 1800");
      await().until(() -> woken.get() > 0);

      assertThat(sockets.askedBy(() -> node.dataplane().facts(wanted))).isZero();
      Shell.run("ip addr add 192.168.2.250/24 dev uplink");
      await().until(() -> sockets.askedBy(() -> node.dataplane().facts(wanted)) == 10);
    }
  }

  /** The link has no address by which it could be known beforehand. */
  @Test
  void aLinkThatGoesDownWhileNextHopsAreAskedForIsNotMissed() throws Exception {
    Asking sockets = new Asking();
    try (TestNode node = new TestNode(Stack.IPV4, sockets)) {
      Shell.run("ip link add bare type veth peer name unused");
      Shell.run("ip link set unused up");
      Shell.run("ip link set bare up");
      Shell.run("ip route add 10.9.0.7 dev bare");
      AtomicInteger woken = new AtomicInteger();
      node.dataplane().onChange(woken::incrementAndGet);
      sockets.afterAsking =
          () -> {
            woken.set(0);
            Shell.run("ip link set bare down");
            await().until(() -> woken.get() > 0);
          };

      assertThat(onLink(node, "10.9.0.7")).as("as it was when it was asked for").isNotEmpty();

      assertThat(onLink(node, "10.9.0.7")).isEmpty();
    }
  }

  @Test
  void othersChainsAreReadOnlyWhenOneAtTheForwardHookChanged() throws Exception {
    Asking sockets = new Asking();
    try (TestNode node = new TestNode(Stack.IPV4, sockets)) {
      String drop = "chain FORWARD { type filter hook forward priority 0; policy drop; }";
      nft("table ip filter {\n%s\n}".formatted(drop));
      await().until(() -> facts(node).forwardDrops().equals(List.of("ip filter FORWARD")));
      await().until(() -> sockets.dumpsBy(() -> facts(node)) == 0);
      StringBuilder services = new StringBuilder("table ip kube-proxy {\n");
      IntStream.range(0, 20_000)
          .forEach(i -> services.append("chain svc-").append(i).append(" { }\n"));
      nft(services.append("}").toString());
      nft("delete chain ip kube-proxy svc-7");
      node.addPod(0);

      assertThat(sockets.dumpsBy(() -> facts(node))).as("dumps of 20,000 chains").isZero();
      nft("delete table ip filter");
      await().until(() -> facts(node).forwardDrops().isEmpty());
      nft("table ip6 filter {\n%s\n}".formatted(drop));
      await().until(() -> facts(node).forwardDrops().equals(List.of("ip6 filter FORWARD")));
    }
  }

  @Test
  void ofManyForeignRoutesOnlyThoseInTheRangesAreKeptAndNotMoreThanTheBound() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      routes(20_000, "172.%d.%d.%d/32");
      FactsWanted pool = new FactsWanted(List.of(Cidr.parse("10.244.0.0/16")), List.of());
      Shell.run("ip route add 10.244.9.0/24 via 192.168.1.12");
      assertThat(node.dataplane().facts(pool).foreignRoutes())
          .contains(Cidr.parse("10.244.9.0/24"))
          .allMatch(Cidr.parse("10.244.0.0/16")::contains);

      assertThat(
              node.dataplane()
                  .facts(new FactsWanted(List.of(Cidr.parse("172.0.0.0/8")), List.of()))
                  .foreignRoutes())
          .hasSize(NodeFacts.MAX_FOREIGN_ROUTES);
    }
  }

  @Test
  void aForeignRouteThatLeadsNowhereNearWakesNobody() throws Exception {
    try (TestNode node = new TestNode(Stack.IPV4)) {
      IpAddress peer = IpAddress.parse("192.168.1.12");
      FactsWanted wanted = new FactsWanted(List.of(Cidr.parse("10.244.0.0/16")), List.of(peer));
      node.dataplane().facts(wanted);
      AtomicInteger woken = new AtomicInteger();
      node.dataplane().onChange(woken::incrementAndGet);
      node.dataplane().read();
      Shell.run("ip route add 10.244.8.0/24 via 192.168.1.12");
      await().until(() -> woken.getAndSet(0) > 0);

      routes(500, "172.%d.%d.%d/32");
      Shell.run("ip route add 10.244.9.0/24 via 192.168.1.12");

      await().until(() -> woken.get() > 0);
      // Links that came up notify later too; each of those routes would wake once.
      assertThat(woken).hasValueLessThan(50);
      assertThat(node.dataplane().facts(wanted).foreignRoutes())
          .contains(Cidr.parse("10.244.9.0/24"));
    }
  }

  private static NodeFacts facts(TestNode node) throws DataplaneException {
    return node.dataplane().facts(FactsWanted.NONE);
  }

  private static Map<String, String> onLink(TestNode node, String... nextHops)
      throws DataplaneException {
    List<IpAddress> asked = List.of(nextHops).stream().map(IpAddress::parse).toList();
    Map<String, String> answers = new HashMap<>();
    node.dataplane()
        .facts(new FactsWanted(List.of(), asked))
        .onLink()
        .forEach((hop, link) -> answers.put(hop.toString(), link));
    return answers;
  }

  private static FactsWanted nextHops(int count) {
    return new FactsWanted(
        List.of(),
        IntStream.range(0, count)
            .mapToObj(i -> IpAddress.parse("192.168.%d.%d".formatted(2 + i / 254, 1 + i % 254)))
            .toList());
  }

  private static void routes(int count, String form) throws Exception {
    StringBuilder batch = new StringBuilder();
    for (int i = 0; i < count; i++) {
      String destination = form.formatted(16 + i / 62_500, i / 250 % 250, i % 250);
      batch.append("route add ").append(destination).append(" via 192.168.1.12\n");
    }
    Shell.run(List.of("ip", "-batch", "-"), batch.toString());
  }

  private static void nft(String script) throws IOException, InterruptedException {
    Shell.run(List.of("nft", "-f", "-"), script);
  }

  /** The kernel's sockets, with a count of what is asked over them. */
  private static final class Asking implements Sockets {
    private final AtomicInteger queries = new AtomicInteger();
    private final AtomicInteger sends = new AtomicInteger();
    private final AtomicInteger chainDumps = new AtomicInteger();

    /** Is run once, between the kernel's answers and their use. */
    private Reading afterAsking = () -> {};

    private interface Reading {
      void run() throws Exception;
    }

    int askedBy(Reading reading) throws Exception {
      int before = queries.get();
      reading.run();
      return queries.get() - before;
    }

    int dumpsBy(Reading reading) throws Exception {
      int before = chainDumps.get();
      reading.run();
      return chainDumps.get() - before;
    }

    @Override
    public NetlinkSocket openRoute() throws NetlinkException {
      return new Counted(Sockets.KERNEL.openRoute());
    }

    @Override
    public NetlinkSocket openNetfilter() throws NetlinkException {
      return new Counted(Sockets.KERNEL.openNetfilter());
    }

    @Override
    public NetlinkSocket borrowRoute(int descriptor) throws NetlinkException {
      return Sockets.KERNEL.borrowRoute(descriptor);
    }

    private final class Counted implements NetlinkSocket {
      private final NetlinkSocket socket;

      Counted(NetlinkSocket socket) {
        this.socket = socket;
      }

      @Override
      public void execute(Request request) throws NetlinkException {
        socket.execute(request);
      }

      @Override
      public List<BatchFailure> executeAll(List<? extends Request> requests)
          throws NetlinkException {
        return socket.executeAll(requests);
      }

      @Override
      public <T> List<T> dump(Query<T> query) throws NetlinkException {
        if (query.describe().equals("list nftables chains")) {
          chainDumps.incrementAndGet();
        }
        return socket.dump(query);
      }

      @Override
      public <T> Optional<T> find(Query<T> query) throws NetlinkException {
        return socket.find(query);
      }

      @Override
      public <T> List<Optional<T>> findAll(List<? extends Query<T>> asked) throws NetlinkException {
        queries.addAndGet(asked.size());
        sends.incrementAndGet();
        List<Optional<T>> answers = socket.findAll(asked);
        Reading next = afterAsking;
        afterAsking = () -> {};
        try {
          next.run();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
        return answers;
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
