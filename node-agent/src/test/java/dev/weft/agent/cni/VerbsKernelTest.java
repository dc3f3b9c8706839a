// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.cni.Road.Outcome;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AttachmentKey;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The verbs on the whole road from the plugin to the kernel, for every version and family. */
@Tag("kernel")
class VerbsKernelTest {
  private static final String DUAL = "10.244.1.0/24 fd00:244:0:1::/64";
  private static final String PORT = new AttachmentKey("blue", "eth0").portName();

  private Road road;

  private void start(String blocks) throws Exception {
    road = new Road(blocks.split(" "));
    road.newPod("blue");
    road.newPod("green");
  }

  @AfterEach
  void end() throws Exception {
    road.close();
  }

  @ParameterizedTest
  @CsvSource({
    "0.3.1,10.244.1.0/24,10.244.1.2/24",
    "0.4.0,10.244.1.0/24,10.244.1.2/24",
    "1.0.0,10.244.1.0/24,10.244.1.2/24",
    "1.1.0,10.244.1.0/24,10.244.1.2/24",
    "0.3.1,fd00:244:0:1::/64,fd00:244:0:1::2/64",
    "0.4.0,fd00:244:0:1::/64,fd00:244:0:1::2/64",
    "1.0.0,fd00:244:0:1::/64,fd00:244:0:1::2/64",
    "1.1.0,fd00:244:0:1::/64,fd00:244:0:1::2/64",
    "0.3.1,10.244.1.0/24 fd00:244:0:1::/64,10.244.1.2/24 fd00:244:0:1::2/64",
    "0.4.0,10.244.1.0/24 fd00:244:0:1::/64,10.244.1.2/24 fd00:244:0:1::2/64",
    "1.0.0,10.244.1.0/24 fd00:244:0:1::/64,10.244.1.2/24 fd00:244:0:1::2/64",
    "1.1.0,10.244.1.0/24 fd00:244:0:1::/64,10.244.1.2/24 fd00:244:0:1::2/64"
  })
  void aPodComesIsCheckedAndGoes(String version, String blocks, String addresses) throws Exception {
    start(blocks);
    NodeState before = road.state();

    Outcome added = road.add("blue").version(version).make();

    assertThat(added.succeeded()).as(added.output()).isTrue();
    assertThat(added.addresses()).containsExactly(addresses.split(" "));
    String inPod = road.ipIn("blue", "addr show dev eth0");
    for (String address : addresses.split(" ")) {
      assertThat(inPod).contains(address + " ");
      String gateway = address.replaceAll("2/\\d+$", "1");
      String family = address.contains(":") ? "-6 " : "-4 ";
      assertThat(road.ipIn("blue", family + "route"))
          .contains("default via " + gateway + " dev eth0");
      assertThat(road.in("blue", "ping -c 1 -W 5 " + gateway).succeeded()).isTrue();
    }
    if (!version.equals("0.3.1")) {
      Outcome checked = road.check("blue", added.json()).make();
      assertThat(checked.output()).isEmpty();
      assertThat(checked.exitCode()).isZero();
    }
    Outcome deleted = road.del("blue").version(version).make();
    assertThat(deleted).isEqualTo(new Outcome(0, ""));
    assertThat(road.ipIn("blue", "link")).doesNotContain("eth0");
    assertThat(road.ip("link")).doesNotContain(PORT);
    assertThat(road.inUse()).isEmpty();
    assertThat(road.state()).isEqualTo(before);
  }

  @Test
  void podsReachEachOther() throws Exception {
    start(DUAL);
    road.add("blue").make();
    List<String> green = road.add("green").make().addresses();

    for (String address : green) {
      String target = address.replaceAll("/.*", "");
      assertThat(road.in("blue", "ping -c 1 -W 5 " + target).succeeded()).as(target).isTrue();
    }
  }

  @Test
  void aSecondAddInTheSameNamespaceIsAnErrorAndTheFirstGoesOn() throws Exception {
    start(DUAL);
    JsonNode first = road.add("blue").make().json();

    Outcome second = road.add("blue").make();

    assertThat(second.code()).isEqualTo(4);
    assertThat(second.output()).contains("already has an interface eth0");
    assertThat(road.check("blue", first).make().output()).isEmpty();
  }

  @Test
  void aSecondAddInAnotherNamespaceReplacesTheFirst() throws Exception {
    start(DUAL);
    road.add("blue").make();

    Outcome second = road.add("blue").env("CNI_NETNS", "/run/netns/green").make();

    assertThat(second.addresses()).containsExactly("10.244.1.3/24", "fd00:244:0:1::3/64");
    assertThat(road.ipIn("blue", "link")).doesNotContain("eth0");
    assertThat(road.ipIn("green", "addr")).contains("10.244.1.3");
    assertThat(road.inUse()).containsOnlyKeys("10.244.1.3", "fd00:244:0:1::3");
  }

  @Test
  void anInterfaceThatExistsIsAnErrorAndStays() throws Exception {
    start(DUAL);
    road.ipIn("blue", "link add eth0 type bridge");

    Outcome added = road.add("blue").make();

    assertThat(added.code()).isEqualTo(4);
    assertThat(road.ipIn("blue", "-d link show eth0")).contains("bridge");
    assertThat(road.inUse()).isEmpty();
    assertThat(road.state().ports()).isEmpty();
  }

  @Test
  void delSucceedsAgainAndForWhatWeNeverKnewAndWithTheNamespaceGone() throws Exception {
    start(DUAL);
    road.add("blue").make();
    assertThat(road.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.del("never").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.del("never").without("CNI_NETNS").make()).isEqualTo(new Outcome(0, ""));
    road.add("green").make();
    road.endPod("green");

    assertThat(road.del("green").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.inUse()).isEmpty();
  }

  @Test
  void aPodThatDiesWithoutDelFreesItsAddress() throws Exception {
    start(DUAL);
    NodeState before = road.state();
    road.add("blue").make();
    road.endPod("blue");
    await().until(() -> !road.ip("link").contains(PORT));

    road.reconcile();

    assertThat(road.inUse()).isEmpty();
    assertThat(road.state()).isEqualTo(before);
  }

  /** One that was kept would keep the namespace, and so the veth, alive. */
  @Test
  void noDescriptorOfAPodIsKept() throws Exception {
    start(DUAL);
    for (int i = 0; i < 3; i++) {
      road.add("blue").make();
      road.add("blue").make();
      road.check("blue", Json.read("{}".getBytes())).make();
      road.call("CHECK", "blue").make();
      road.del("blue").make();
      road.add("blue").env("CNI_ARGS", "IP=10.99.0.1").make();
      road.add("blue").env("CNI_ARGS", "nonsense").make();
    }
    assertThat(road.add("blue").make().succeeded()).isTrue();

    road.endPod("blue");

    await().until(() -> !road.ip("link").contains(PORT));
  }

  @Test
  void gcRemovesWhatTheRuntimeDoesNotKnow() throws Exception {
    start(DUAL);
    road.add("blue").make();
    road.add("green").make();

    Outcome collected =
        road.call("GC")
            .with(
                "\"cni.dev/valid-attachments\":"
                    + "[{\"containerID\":\"blue\",\"ifname\":\"eth0\"}]")
            .make();

    assertThat(collected).isEqualTo(new Outcome(0, ""));
    assertThat(road.inUse()).containsOnlyKeys("10.244.1.2", "fd00:244:0:1::2");
    assertThat(road.ipIn("green", "link")).doesNotContain("eth0");
  }

  @Test
  void statusAndVersionAreAnswered() throws Exception {
    start(DUAL);

    assertThat(road.call("STATUS").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.call("VERSION").version("1.0.0").make().json().toString())
        .isEqualTo(
            "{\"cniVersion\":\"1.0.0\","
                + "\"supportedVersions\":[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
  }

  @Test
  void anAddressThatIsAskedForIsGivenOrRefused() throws Exception {
    start(DUAL);

    Outcome added =
        road.add("blue").env("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAME=blue;IP=10.244.1.50").make();
    Outcome taken = road.add("green").with("\"runtimeConfig\":{\"ips\":[\"10.244.1.50\"]}").make();
    Outcome outside = road.add("green").env("CNI_ARGS", "IP=10.99.0.1").make();

    assertThat(added.addresses()).containsExactly("10.244.1.50/24", "fd00:244:0:1::32/64");
    assertThat(taken.code()).isEqualTo(11);
    assertThat(taken.output()).contains("address 10.244.1.50 is in use");
    assertThat(outside.code()).isEqualTo(7);
    assertThat(outside.output()).contains("10.99.0.1 is not among those");
  }

  @Test
  void ipv6ThatThePodHasSwitchedOffIsSwitchedOn() throws Exception {
    start(DUAL);
    road.in("blue", "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    road.in("blue", "sysctl -qw net.ipv6.conf.default.disable_ipv6=1");

    Outcome added = road.add("blue").make();

    assertThat(added.succeeded()).as(added.output()).isTrue();
    assertThat(road.in("blue", "ping -c 1 -W 5 fd00:244:0:1::1").succeeded()).isTrue();
  }

  /** A runtime may name a namespace by the PID of a process that has ended; the PID comes again. */
  @ParameterizedTest
  @ValueSource(
      strings = {"/proc/self/ns/net", "/run/netns/none", "/etc/passwd", "/run/netns/green"})
  void aDelTakesItsOwnAwayWhateverItsNamespaceIsByNow(String namespace) throws Exception {
    start("10.244.1.0/24");
    road.add("green").make();
    road.add("blue").make();

    assertThat(road.del("blue").env("CNI_NETNS", namespace).make().succeeded()).isTrue();
    assertThat(road.del("blue").env("CNI_NETNS", namespace).make().succeeded()).isTrue();
    assertThat(road.inUse()).hasSize(1);
    assertThat(road.ipIn("green", "link show eth0")).contains("eth0");

    road.add("blue").make();
    road.stopAgent();
    Outcome alone = road.del("blue").env("CNI_NETNS", namespace).make();
    Outcome again = road.del("blue").env("CNI_NETNS", namespace).make();
    assertThat(road.ipIn("green", "link show eth0")).contains("eth0");
    road.startAgent();
    road.reconcile();
    assertThat(alone.succeeded()).as(alone.output()).isTrue();
    assertThat(again.code()).isEqualTo(namespace.equals("/run/netns/green") ? 11 : 0);
    assertThat(road.inUse()).hasSize(1);
  }
}
