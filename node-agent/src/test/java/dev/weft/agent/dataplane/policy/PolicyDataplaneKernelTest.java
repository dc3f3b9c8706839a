// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.ANYONE;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.range;
import static dev.weft.core.net.Protocol.SCTP;
import static dev.weft.core.net.Protocol.TCP;
import static dev.weft.core.net.Protocol.UDP;
import static dev.weft.core.policy.Direction.EGRESS;
import static dev.weft.core.policy.Direction.INGRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who reaches whom by a program, with packets between pods, their node and another host. */
@Tag("kernel")
class PolicyDataplaneKernelTest {
  private static final int PORT = 8080;
  private static final int OTHER_PORT = 9090;

  private PolicyNode node;
  private TestPod client;
  private TestPod server;
  private TestPod other;

  @BeforeEach
  void start() throws Exception {
    node = new PolicyNode(Stack.DUAL);
    client = node.addPod(0);
    server = node.addPod(1);
    other = node.addPod(2);
  }

  @AfterEach
  void end() throws Exception {
    node.close();
  }

  private static int of(Family family) {
    return family == Family.IPV4 ? 0 : 1;
  }

  private boolean passes(TestPod from, TestPod to, Family family, Protocol protocol, int port)
      throws Exception {
    return node.passes(from, to, to.address(of(family)), protocol, port);
  }

  private static IpAddress far(Family family) {
    return IpAddress.parse(family == Family.IPV4 ? "192.168.1.12" : "fd00:192::12");
  }

  private static IpAddress gateway(Family family) {
    return Stack.DUAL.gateways().get(of(family)).address();
  }

  @Test
  void withoutAPolicyThereIsNoTable() throws Exception {
    assertThat(node.apply(PolicyProgram.NONE)).isEqualTo(PolicyApplied.UNCHANGED);
    assertThat(Shell.run("nft list tables")).doesNotContain("policy");
    node.apply(
        new ProgramBuilder().group("deny", INGRESS).select("deny", server.address(0)).build());
    assertThat(Shell.run("nft list tables")).contains("inet weft_policy");
    assertThat(node.apply(PolicyProgram.NONE)).isEqualTo(new PolicyApplied(true, false, Map.of()));
    assertThat(Shell.run("nft list tables")).doesNotContain("policy");
    assertThat(node.foreign()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aPodWithoutARuleGetsAndSendsNothingInThatDirection(Family family) throws Exception {
    IpAddress address = server.address(of(family));
    node.apply(new ProgramBuilder().group("deny", INGRESS).select("deny", address).build());
    for (Protocol protocol : List.of(TCP, UDP)) {
      assertThat(passes(client, server, family, protocol, PORT)).isFalse();
      assertThat(passes(server, client, family, protocol, PORT)).isTrue();
      assertThat(passes(client, other, family, protocol, PORT)).isTrue();
    }
    node.apply(new ProgramBuilder().group("mute", EGRESS).select("mute", address).build());
    for (Protocol protocol : List.of(TCP, UDP)) {
      assertThat(passes(client, server, family, protocol, PORT)).isTrue();
      assertThat(passes(server, client, family, protocol, PORT)).isFalse();
    }
    assertThat(node.policies().dropped()).containsEntry(EGRESS, 2L).containsEntry(INGRESS, 2L);
    assertThat(node.policies().counters())
        .contains(
            new RuleCount(
                EGRESS, "mute", OptionalInt.empty(), 2, family == Family.IPV4 ? 89 : 129));
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void whatBothEndsAcceptPasses(Family family) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    IpAddress from = client.address(of(family));
    IpAddress to = server.address(of(family));
    program
        .group("in", INGRESS, clause(program.addresses("clients", from), port(TCP, PORT)))
        .group(
            "out",
            EGRESS,
            clause(program.addresses("servers", to), port(TCP, PORT), port(UDP, PORT)))
        .select("in", to)
        .select("out", from);
    node.apply(program.build());
    assertThat(passes(client, server, family, TCP, PORT)).isTrue();
    assertThat(passes(client, server, family, UDP, PORT)).isFalse();
    assertThat(passes(client, server, family, TCP, OTHER_PORT)).isFalse();
    assertThat(passes(client, other, family, TCP, PORT)).isFalse();
    assertThat(passes(other, server, family, TCP, PORT)).isFalse();
    assertThat(passes(other, client, family, TCP, PORT)).isTrue();
    assertThat(node.policies().counters())
        .filteredOn(count -> count.clause().equals(OptionalInt.of(0)))
        .allSatisfy(count -> assertThat(count.packets()).isPositive())
        .extracting(RuleCount::group)
        .containsExactlyInAnyOrder("in", "out");
  }

  /** A server that may send nothing answers; a client that may get nothing is answered. */
  @ParameterizedTest
  @EnumSource(Family.class)
  void anAnswerPasses(Family family) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program
        .group("in", INGRESS, clause(ANYONE, port(TCP, PORT)))
        .group("mute", EGRESS)
        .group("deaf", INGRESS)
        .select("in", server.address(of(family)))
        .select("mute", server.address(of(family)))
        .select("deaf", client.address(of(family)));
    node.apply(program.build());
    assertThat(passes(client, server, family, TCP, PORT)).isTrue();
    assertThat(passes(server, client, family, TCP, PORT)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void portsAreNumbersRangesOrAllOfAProtocol(Family family) throws Exception {
    node.apply(
        new ProgramBuilder()
            .group(
                "in",
                INGRESS,
                clause(
                    ANYONE,
                    port(TCP, 80),
                    port(TCP, 1000, 2000),
                    port(TCP, 1500, 2500),
                    port(UDP, 0, 65535),
                    port(SCTP, 90)))
            .select("in", server.address(of(family)))
            .build());
    for (int port : List.of(80, 1000, 2100, 2500)) {
      assertThat(passes(client, server, family, TCP, port)).as("%d", port).isTrue();
    }
    for (int port : List.of(79, 90, 999, 2501)) {
      assertThat(passes(client, server, family, TCP, port)).as("%d", port).isFalse();
    }
    assertThat(passes(client, server, family, UDP, 1)).isTrue();
    assertThat(Shell.run("nft list chain inet weft_policy in"))
        .contains("tcp dport { 80, 1000-2500 }", "meta l4proto udp", "sctp dport 90");
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aSetWithPortsAcceptsEachAddressOnItsOwnPort(Family family) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    program
        .group(
            "out",
            EGRESS,
            clause(program.addressAndPort("named", server.address(of(family)), TCP, PORT)))
        .select("out", client.address(of(family)));
    node.apply(program.build());
    assertThat(passes(client, server, family, TCP, PORT)).isTrue();
    assertThat(passes(client, server, family, UDP, PORT)).isFalse();
    assertThat(passes(client, server, family, TCP, OTHER_PORT)).isFalse();
    assertThat(passes(client, other, family, TCP, PORT)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aRangeIsWithoutItsExceptions(Family family) throws Exception {
    String block = Stack.DUAL.blocks().get(of(family)).toString();
    String suffix = family == Family.IPV4 ? "/32" : "/128";
    node.apply(
        new ProgramBuilder()
            .group("in", INGRESS, clause(range(block, client.address(of(family)) + suffix)))
            .group("any-one", INGRESS, clause(range(family == Family.IPV4 ? "0.0.0.0/0" : "::/0")))
            .select("in", server.address(of(family)))
            .select("any-one", other.address(of(family)))
            .build());
    assertThat(passes(other, server, family, TCP, PORT)).isTrue();
    assertThat(passes(client, server, family, TCP, PORT)).isFalse();
    assertThat(passes(client, other, family, TCP, PORT)).isTrue();
    route(family);
    IpAddress to = server.address(of(family));
    assertThat(node.passes(node.lan(), server.namespace(), to, TCP, PORT)).isFalse();
  }

  /** What comes from another host passes the rules, and what goes there. */
  @ParameterizedTest
  @EnumSource(Family.class)
  void anotherHostIsAPeerLikeOthers(Family family) throws Exception {
    IpAddress pod = server.address(of(family));
    String far = far(family) + (family == Family.IPV4 ? "/32" : "/128");
    node.apply(
        new ProgramBuilder()
            .group("in", INGRESS, clause(range(far), port(TCP, PORT)))
            .group("out", EGRESS, clause(range(far), port(TCP, PORT)))
            .select("in", pod)
            .select("out", pod)
            .build());
    route(family);
    assertThat(node.passes(node.lan(), server.namespace(), pod, TCP, PORT)).isTrue();
    assertThat(node.passes(node.lan(), server.namespace(), pod, UDP, PORT)).isFalse();
    assertThat(node.passes(server.namespace(), node.lan(), far(family), TCP, PORT)).isTrue();
    assertThat(node.passes(server.namespace(), node.lan(), far(family), UDP, PORT)).isFalse();
  }

  private void route(Family family) throws Exception {
    String via = family == Family.IPV4 ? "192.168.1.11" : "fd00:192::11";
    node.lan().run("ip route replace " + Stack.DUAL.blocks().get(of(family)) + " via " + via);
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void theGatewaysAddressIsEgressAndTheNodeItselfReachesItsPods(Family family) throws Exception {
    IpAddress pod = server.address(of(family));
    node.apply(
        new ProgramBuilder()
            .group("deaf", INGRESS)
            .group("out", EGRESS, clause(ANYONE, port(TCP, PORT)))
            .select("deaf", pod)
            .select("out", pod)
            .build());
    assertThat(node.toNode(server.namespace(), gateway(family), PORT)).isTrue();
    assertThat(node.toNode(server.namespace(), gateway(family), OTHER_PORT)).isFalse();
    assertThat(node.fromNode(server.namespace(), pod, OTHER_PORT)).isTrue();
    assertThat(node.toNode(client.namespace(), gateway(family), OTHER_PORT)).isTrue();
  }

  /** As NodeLocal DNS sets it up: an address of the node whose packets nobody tracks. */
  @ParameterizedTest
  @EnumSource(Family.class)
  void aCacheOnTheNodeThatIsNotTrackedIsAnAddressToAllow(Family family) throws Exception {
    boolean four = family == Family.IPV4;
    IpAddress cache = IpAddress.parse(four ? "169.254.20.10" : "fd00:53::10");
    String prefix = cache + (four ? "/32" : "/128");
    Shell.run("ip address add " + prefix + " dev lo");
    try {
      Shell.run(
          List.of("nft", "-f", "-"),
          """
          table inet nodelocaldns {
            chain in {
              type filter hook prerouting priority raw; policy accept;
              FAMILY daddr CACHE notrack
            }
            chain out {
              type filter hook output priority raw; policy accept;
              FAMILY saddr CACHE notrack
            }
          }
          """
              .replace("FAMILY", four ? "ip" : "ip6")
              .replace("CACHE", cache.toString()));
      node.apply(
          new ProgramBuilder()
              .group("deaf", INGRESS)
              .group("out", EGRESS, clause(range(prefix), port(TCP, PORT)))
              .group("mute", EGRESS)
              .select("deaf", server.address(of(family)))
              .select("out", server.address(of(family)))
              .select("mute", other.address(of(family)))
              .build());
      assertThat(node.toNode(server.namespace(), cache, PORT)).isTrue();
      assertThat(node.toNode(server.namespace(), cache, OTHER_PORT)).isFalse();
      assertThat(node.toNode(other.namespace(), cache, PORT)).isFalse();
      assertThat(node.toNode(client.namespace(), cache, OTHER_PORT)).isTrue();
    } finally {
      Shell.run("ip address del " + prefix + " dev lo");
      Shell.run("nft delete table inet nodelocaldns");
    }
  }

  /** A new entry of a neighbour has to be found by ND, in each direction. */
  @Test
  void neighboursAreFoundByAPodThatMaySendNothing() throws Exception {
    IpAddress pod = server.address(1);
    node.apply(
        new ProgramBuilder()
            .group("deaf", INGRESS)
            .group("mute", EGRESS)
            .select("deaf", pod)
            .select("mute", pod)
            .build());
    server.namespace().run("ip neigh flush dev eth0 nud all");
    assertThat(node.fromNode(server.namespace(), pod, OTHER_PORT)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aPodReachesItselfByAServicesAddress(Family family) throws Exception {
    IpAddress pod = server.address(of(family));
    IpAddress service = IpAddress.parse(family == Family.IPV4 ? "10.96.0.10" : "fd00:96::10");
    node.apply(
        new ProgramBuilder()
            .group("deaf", INGRESS)
            .group("mute", EGRESS)
            .select("deaf", pod)
            .select("mute", pod)
            .build());
    translate(family, service, pod);
    assertThat(node.tcp(server.namespace(), server.namespace(), service, 80, pod, PORT)).isTrue();
    assertThat(node.tcp(client.namespace(), server.namespace(), service, 80, pod, PORT)).isFalse();
  }

  private static void translate(Family family, IpAddress service, IpAddress pod) throws Exception {
    String target = family == Family.IPV4 ? pod.toString() : "[" + pod + "]";
    Shell.run(
        List.of("nft", "-f", "-"),
        """
        table FAMILY proxy {
          chain services {
            type nat hook prerouting priority dstnat; policy accept;
            FAMILY daddr SERVICE tcp dport 80 dnat to TARGET:8080
          }
          chain hairpin {
            type nat hook postrouting priority srcnat - 1; policy accept;
            FAMILY saddr POD FAMILY daddr POD masquerade
          }
        }
        """
            .replace("FAMILY", family == Family.IPV4 ? "ip" : "ip6")
            .replace("SERVICE", service.toString())
            .replace("TARGET", target)
            .replace("POD", pod.toString()));
  }

  /** A Service's address is evaluated as that of the pod behind it. */
  @ParameterizedTest
  @EnumSource(Family.class)
  void aServiceIsThePodThatItLeadsTo(Family family) throws Exception {
    IpAddress pod = server.address(of(family));
    IpAddress service = IpAddress.parse(family == Family.IPV4 ? "10.96.0.10" : "fd00:96::10");
    ProgramBuilder program = new ProgramBuilder();
    program
        .group("out", EGRESS, clause(program.addresses("servers", pod), port(TCP, PORT)))
        .select("out", client.address(of(family)));
    node.apply(program.build());
    translate(family, service, pod);
    assertThat(node.tcp(client.namespace(), server.namespace(), service, 80, pod, PORT)).isTrue();
    assertThat(node.tcp(client.namespace(), server.namespace(), service, 80, pod, PORT)).isTrue();
    assertThat(passes(client, other, family, TCP, PORT)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void auditCountsAndDropsNothing(Family family) throws Exception {
    PolicyProgram program =
        new ProgramBuilder()
            .group("deaf", INGRESS)
            .group("mute", EGRESS)
            .select("deaf", server.address(of(family)))
            .select("mute", client.address(of(family)))
            .build();
    node.policies().apply(() -> program, Mode.AUDIT);
    long before = node.dropped();
    assertThat(
            node.connects(client.namespace(), server.namespace(), server.address(of(family)), PORT))
        .isTrue();
    assertThat(node.dropped()).isGreaterThanOrEqualTo(before + 2);
    assertThat(node.policies().dropped())
        .allSatisfy((d, packets) -> assertThat(packets).isPositive());

    node.policies().apply(() -> program, Mode.ENFORCE);
    assertThat(passes(client, server, family, TCP, PORT)).isFalse();
    node.policies().apply(() -> program, Mode.AUDIT);
    assertThat(
            node.connects(client.namespace(), server.namespace(), server.address(of(family)), PORT))
        .isTrue();
  }

  @Test
  void anAdmittedPodIsClosedBeforeItsProgramIsApplied() throws Exception {
    List<IpAddress> addresses = server.attachment().addresses();
    PolicyProgram closed = new ProgramBuilder().close(addresses).build();
    node.policies().admit(closed, Mode.ENFORCE, addresses);
    for (Family family : Family.values()) {
      assertThat(passes(client, server, family, TCP, PORT)).isFalse();
      assertThat(passes(server, client, family, TCP, PORT)).isFalse();
      assertThat(passes(client, other, family, TCP, PORT)).isTrue();
    }
    PolicyProgram known =
        new ProgramBuilder()
            .group("in", INGRESS, clause(ANYONE, port(TCP, PORT)))
            .select("in", addresses)
            .build();
    node.apply(known);
    assertThat(passes(client, server, Family.IPV4, TCP, PORT)).isTrue();
    assertThat(passes(client, server, Family.IPV6, TCP, OTHER_PORT)).isFalse();
    assertThat(passes(server, client, Family.IPV6, TCP, PORT)).isTrue();

    // Its address is given to another pod, of another group; then to one that no policy selects.
    PolicyProgram reused = new ProgramBuilder().close(addresses).build();
    node.policies().admit(reused, Mode.ENFORCE, addresses);
    node.policies().admit(reused, Mode.ENFORCE, addresses);
    assertThat(passes(client, server, Family.IPV4, TCP, PORT)).isFalse();
    node.policies().admit(PolicyProgram.NONE, Mode.ENFORCE, addresses);
    assertThat(passes(client, server, Family.IPV4, TCP, OTHER_PORT)).isTrue();
    node.policies().admit(known, Mode.ENFORCE, addresses);
    assertThat(passes(client, server, Family.IPV4, TCP, OTHER_PORT)).isFalse();
    assertThat(passes(client, server, Family.IPV4, TCP, PORT)).isTrue();
  }

  /** The program that is applied at the same time may be one of before. */
  @Test
  void whatIsAdmittedDuringAnApplyStays() throws Exception {
    List<IpAddress> addresses = server.attachment().addresses();
    PolicyProgram before =
        new ProgramBuilder()
            .group("any-one", INGRESS, clause(ANYONE))
            .select("any-one", client.address(0))
            .build();
    PolicyProgram after =
        new ProgramBuilder()
            .group("any-one", INGRESS, clause(ANYONE))
            .select("any-one", client.address(0))
            .close(addresses)
            .build();
    List<PolicyProgram> given = new ArrayList<>(List.of(before, after));
    node.policies()
        .apply(
            () -> {
              PolicyProgram next = given.remove(0);
              if (next == before) {
                admit(after, addresses);
              }
              return next;
            },
            Mode.ENFORCE);
    assertThat(given).isEmpty();
    assertThat(passes(client, server, Family.IPV4, TCP, PORT)).isFalse();
  }

  private void admit(PolicyProgram program, List<IpAddress> addresses) {
    try {
      node.policies().admit(program, Mode.ENFORCE, addresses);
    } catch (DataplaneException e) {
      throw new IllegalStateException(e);
    }
  }
}
