// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.ANYONE;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.range;
import static dev.weft.core.net.Protocol.TCP;
import static dev.weft.core.policy.Direction.EGRESS;
import static dev.weft.core.policy.Direction.INGRESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table that somebody else changes, that another process wrote, or that the kernel refuses. */
@Tag("kernel")
class PolicyRepairKernelTest {
  private static final int PORT = 8080;

  private PolicyNode node;
  private TestPod client;
  private TestPod server;
  private PolicyProgram program;

  @BeforeEach
  void start() throws Exception {
    node = new PolicyNode(Stack.DUAL);
    client = node.addPod(0);
    server = node.addPod(1);
    program = program(TCP);
    node.apply(program);
  }

  private PolicyProgram program(Protocol protocol) {
    return program(protocol, "clients");
  }

  private PolicyProgram program(Protocol protocol, String set) {
    ProgramBuilder builder = new ProgramBuilder();
    return builder
        .group(
            "in-" + protocol,
            INGRESS,
            clause(builder.addresses(set, client.address(0)), port(protocol, PORT)),
            clause(builder.addresses(set + "-6", client.address(1)), port(protocol, PORT)))
        .group("out", EGRESS, clause(range("10.244.0.0/16", "10.244.9.0/24"), port(TCP, 1, 9999)))
        .select("in-" + protocol, server.attachment().addresses())
        .select("out", client.address(0))
        .build();
  }

  @AfterEach
  void end() {
    node.close();
  }

  private void assertEnforced() throws Exception {
    for (int family = 0; family < 2; family++) {
      IpAddress address = server.address(family);
      assertThat(node.passes(client, server, address, TCP, PORT)).isTrue();
      assertThat(node.passes(client, server, address, TCP, PORT + 1)).isFalse();
    }
  }

  private static String elements() throws Exception {
    return Shell.run("nft -s list table inet weft_policy");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flush ruleset",
        "delete table inet weft_policy",
        "flush table inet weft_policy",
        "flush chain inet weft_policy forward",
        "flush chain inet weft_policy in-tcp",
        "flush chain inet weft_policy control",
        "flush map inet weft_policy ingress_4",
        "flush set inet weft_policy clients",
        "delete element inet weft_policy ingress_4 { 10.244.1.3 }",
        "add element inet weft_policy clients { 10.244.1.77 }",
        "add element inet weft_policy egress_4 { 10.244.1.77 : drop }",
        "add element inet weft_policy self_4 { 10.244.1.2 . 10.244.1.3 }",
        "insert rule inet weft_policy forward accept",
        "add rule inet weft_policy in-tcp accept",
        "add chain inet weft_policy forward { policy drop; }",
        "add chain inet weft_policy strange { type filter hook forward priority 0; policy drop; }",
        "add chain inet weft_policy strange; add rule inet weft_policy forward jump strange",
        "add set inet weft_policy strange { type ipv4_addr; }",
        "add table inet weft_policy { flags dormant; }",
        "flush chain inet weft_policy forward; delete chain inet weft_policy forward;"
            + " add chain inet weft_policy forward { type filter hook output priority 7; }",
        "flush chain inet weft_policy forward; flush chain inet weft_policy input;"
            + " delete map inet weft_policy egress_4;"
            + " add map inet weft_policy egress_4 { type ipv6_addr : verdict; }",
        "flush chain inet weft_policy in-tcp; delete set inet weft_policy clients;"
            + " add set inet weft_policy clients { type ipv4_addr . inet_proto . inet_service;"
            + " elements = { 10.0.0.1 . 6 . 80 }; }",
        "flush chain inet weft_policy in-tcp; delete set inet weft_policy clients;"
            + " add set inet weft_policy clients { type ether_addr;"
            + " elements = { 00:00:00:00:00:01 }; }"
      })
  void whatSomebodyElseChangesIsRepaired(String change) throws Exception {
    String before = elements();
    Shell.run(List.of("nft", change), "");
    await().until(() -> node.foreign() > 0);
    PolicyApplied applied = node.apply(program);
    assertThat(applied).isEqualTo(new PolicyApplied(true, true, Map.of()));
    assertThat(elements()).isEqualTo(before);
    assertEnforced();
    assertThat(node.apply(program)).isEqualTo(PolicyApplied.UNCHANGED);
  }

  @Test
  void aSetThatTheProgramHasNoMoreIsNoChangeByOthers() throws Exception {
    for (String set : new String[] {"others", "clients", "others"}) {
      node.policies().mayHaveChanged();
      assertThat(node.policies().apply(() -> program(TCP, set), Mode.ENFORCE).repaired()).isFalse();
    }
    assertEnforced();
  }

  @Test
  void theRulesOfOthersAreNoneOfOurs() throws Exception {
    Shell.run("nft add table inet other");
    Shell.run("nft add table ip weft_policy");
    await().during(Duration.ofMillis(100)).until(() -> node.foreign() == 0);
    assertThat(node.apply(program)).isEqualTo(PolicyApplied.UNCHANGED);
  }

  @Test
  void anotherProcessFindsWhatIsThereAndLeavesNothingBehind() throws Exception {
    String before = elements();
    node.restart();
    assertThat(node.apply(program)).isEqualTo(new PolicyApplied(true, false, Map.of()));
    assertThat(elements()).isEqualTo(before);
    assertEnforced();

    PolicyProgram next = program(Protocol.UDP);
    node.restart();
    node.apply(next);
    assertThat(elements()).contains("in-udp").doesNotContain("in-tcp");
    node.restart();
    assertThat(node.apply(PolicyProgram.NONE).changed()).isTrue();
    assertThat(Shell.run("nft list tables")).doesNotContain("weft_policy");
  }

  /** Before the first lists are there, an ADD may come. */
  @Test
  void anotherProcessAdmitsBeforeItApplies() throws Exception {
    node.restart();
    List<IpAddress> addresses = server.attachment().addresses();
    node.policies().admit(new ProgramBuilder().close(addresses).build(), Mode.ENFORCE, addresses);
    assertThat(node.passes(client, server, server.address(0), TCP, PORT)).isFalse();
    assertThat(node.passes(server, client, client.address(0), TCP, PORT)).isFalse();
    node.apply(program);
    assertEnforced();
  }

  @Test
  void anAdmissionThatFindsNoTableMakesIt() throws Exception {
    Shell.run("nft flush ruleset");
    List<IpAddress> addresses = server.attachment().addresses();
    node.policies().admit(new ProgramBuilder().close(addresses).build(), Mode.ENFORCE, addresses);
    assertThat(node.passes(client, server, server.address(0), TCP, PORT)).isFalse();
    node.apply(program);
    assertEnforced();
  }

  @Test
  void aGroupThatIsRefusedKeepsItsPodsClosedAndTheOthersRules() throws Exception {
    IpAddress closed = client.address(1);
    ProgramBuilder builder = new ProgramBuilder();
    PolicyProgram bad =
        builder
            .group("good", INGRESS, clause(ANYONE, port(TCP, PORT)))
            .group(
                "bad-new",
                INGRESS,
                clause(new PolicyProgram.Peer.Addresses("no-set", closed.family())))
            .group("bad-old", INGRESS, clause(ANYONE, port(TCP, 70_000)))
            .select("good", client.address(0))
            .select("bad-new", closed)
            .select("bad-old", server.attachment().addresses())
            .build();
    PolicyApplied applied = node.policies().apply(() -> bad, Mode.ENFORCE);
    assertThat(applied.refused()).containsOnlyKeys("bad-new", "bad-old");
    assertThat(applied.refused().get("bad-new")).contains("no-set");
    assertThat(applied.refused().get("bad-old")).contains("70000");
    // A new pod is closed, one that had rules keeps them, and the good group is in force.
    assertThat(node.passes(server, client, closed, TCP, PORT)).isFalse();
    assertEnforced();
    assertThat(node.passes(server, client, client.address(0), TCP, PORT)).isTrue();
    assertThat(node.passes(server, client, client.address(0), TCP, PORT + 1)).isFalse();
    assertThat(node.policies().apply(() -> bad, Mode.ENFORCE).refused()).hasSize(2);
    assertThat(node.apply(program).refused()).isEmpty();
    assertThat(node.passes(server, client, closed, TCP, PORT)).isTrue();
  }

  @Test
  void withoutNftTheRulesStay(@TempDir Path folder) throws Exception {
    Path broken = folder.resolve("nft");
    Files.writeString(broken, "#!/bin/sh\ncat > /dev/null\necho no way >&2\nexit 1\n");
    broken.toFile().setExecutable(true);
    PolicyDataplane other =
        node.newDataplane(new NftProgram(broken.toString(), Duration.ofSeconds(10)));
    assertThatThrownBy(() -> other.apply(() -> program(Protocol.UDP), Mode.ENFORCE))
        .isInstanceOf(DataplaneException.class)
        .hasMessageContaining("inet weft_policy")
        .hasMessageContaining("no way");
    assertEnforced();
    // A known group needs no nft, nor does a closed pod.
    List<IpAddress> addresses = server.attachment().addresses();
    other.admit(new ProgramBuilder().close(addresses).build(), Mode.ENFORCE, addresses);
    assertThat(node.passes(client, server, server.address(0), TCP, PORT)).isFalse();
    other.admit(program, Mode.ENFORCE, addresses);
    assertEnforced();
  }

  @Test
  void countersGoOnWhileOthersChange() throws Exception {
    assertThat(node.passes(client, server, server.address(0), TCP, PORT)).isTrue();
    List<RuleCount> before = node.policies().counters();
    assertThat(before)
        .filteredOn(count -> count.group().equals("in-tcp"))
        .extracting(RuleCount::clause)
        .containsExactly(OptionalInt.of(0), OptionalInt.of(1), OptionalInt.empty());
    ProgramBuilder more = new ProgramBuilder();
    more.group("another", INGRESS).select("another", client.address(1));
    PolicyProgram with =
        new PolicyProgram(
            Map.of(
                "another", more.build().groups().get("another"),
                "in-tcp", program.groups().get("in-tcp"),
                "out", program.groups().get("out")),
            program.sets(),
            Map.of(
                server.address(0),
                "in-tcp",
                server.address(1),
                "in-tcp",
                client.address(1),
                "another"),
            program.egress());
    node.apply(with);
    assertThat(node.policies().counters()).containsAll(before);
  }
}
