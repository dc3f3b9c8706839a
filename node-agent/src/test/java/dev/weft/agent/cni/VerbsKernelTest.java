// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AttachmentKey;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The verbs on the ADD path, from the plugin to the kernel, for every version and family. */
@Tag("kernel")
class VerbsKernelTest {
  private static final String DUAL = "10.244.1.0/24 fd00:244:0:1::/64";
  private static final String PORT = new AttachmentKey("blue", "eth0").hostVeth();

  private AddPath addPath;

  private void start(String blocks) throws Exception {
    addPath = new AddPath(blocks.split(" "));
    addPath.newPod("blue");
    addPath.newPod("green");
  }

  @AfterEach
  void end() throws Exception {
    addPath.close();
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
    NodeState before = addPath.state();

    Outcome added = addPath.add("blue").version(version).make();

    assertThat(added.succeeded()).as(added.output()).isTrue();
    assertThat(added.addresses()).containsExactly(addresses.split(" "));
    String inPod = addPath.ipIn("blue", "addr show dev eth0");
    for (String address : addresses.split(" ")) {
      assertThat(inPod).contains(address + " ");
      String gateway = address.replaceAll("2/\\d+$", "1");
      String family = address.contains(":") ? "-6 " : "-4 ";
      assertThat(addPath.ipIn("blue", family + "route"))
          .contains("default via " + gateway + " dev eth0");
      assertThat(addPath.in("blue", "ping -c 1 -W 5 " + gateway).succeeded()).isTrue();
    }
    if (!version.equals("0.3.1")) {
      Outcome checked = addPath.check("blue", added.json()).make();
      assertThat(checked.output()).isEmpty();
      assertThat(checked.exitCode()).isZero();
    }
    Outcome deleted = addPath.del("blue").version(version).make();
    assertThat(deleted).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.ipIn("blue", "link")).doesNotContain("eth0");
    assertThat(addPath.ip("link")).doesNotContain(PORT);
    assertThat(addPath.inUse()).isEmpty();
    assertThat(addPath.state()).isEqualTo(before);
  }

  @Test
  void podsReachEachOther() throws Exception {
    start(DUAL);
    addPath.add("blue").make();
    List<String> green = addPath.add("green").make().addresses();

    for (String address : green) {
      String target = address.replaceAll("/.*", "");
      assertThat(addPath.in("blue", "ping -c 1 -W 5 " + target).succeeded()).as(target).isTrue();
    }
  }

  @Test
  void aSecondAddInTheSameNamespaceIsAnErrorAndTheFirstGoesOn() throws Exception {
    start(DUAL);
    JsonNode first = addPath.add("blue").make().json();

    Outcome second = addPath.add("blue").make();

    assertThat(second.code()).isEqualTo(4);
    assertThat(second.output()).contains("already has an interface eth0");
    assertThat(addPath.check("blue", first).make().output()).isEmpty();
  }

  @Test
  void aSecondAddInAnotherNamespaceReplacesTheFirst() throws Exception {
    start(DUAL);
    addPath.add("blue").make();

    Outcome second = addPath.add("blue").env("CNI_NETNS", "/run/netns/green").make();

    assertThat(second.addresses()).containsExactly("10.244.1.3/24", "fd00:244:0:1::3/64");
    assertThat(addPath.ipIn("blue", "link")).doesNotContain("eth0");
    assertThat(addPath.ipIn("green", "addr")).contains("10.244.1.3");
    assertThat(addPath.inUse()).containsOnlyKeys("10.244.1.3", "fd00:244:0:1::3");
  }

  @Test
  void anInterfaceThatExistsIsAnErrorAndStays() throws Exception {
    start(DUAL);
    addPath.ipIn("blue", "link add eth0 type bridge");

    Outcome added = addPath.add("blue").make();

    assertThat(added.code()).isEqualTo(4);
    assertThat(addPath.ipIn("blue", "-d link show eth0")).contains("bridge");
    assertThat(addPath.inUse()).isEmpty();
    assertThat(addPath.state().of(HostVeth.KIND)).isEmpty();
  }

  @Test
  void delSucceedsAgainAndForWhatWeNeverKnewAndWithTheNamespaceGone() throws Exception {
    start(DUAL);
    addPath.add("blue").make();
    assertThat(addPath.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.del("never").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.del("never").without("CNI_NETNS").make()).isEqualTo(new Outcome(0, ""));
    addPath.add("green").make();
    addPath.endPod("green");

    assertThat(addPath.del("green").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.inUse()).isEmpty();
  }

  @Test
  void aPodThatDiesWithoutDelFreesItsAddress() throws Exception {
    start(DUAL);
    NodeState before = addPath.state();
    addPath.add("blue").make();
    addPath.endPod("blue");
    await().until(() -> !addPath.ip("link").contains(PORT));

    addPath.reconcile();

    assertThat(addPath.inUse()).isEmpty();
    assertThat(addPath.state()).isEqualTo(before);
  }

  /** One that was kept would keep the namespace, and so the veth, alive. */
  @Test
  void noDescriptorOfAPodIsKept() throws Exception {
    start(DUAL);
    for (int i = 0; i < 3; i++) {
      addPath.add("blue").make();
      addPath.add("blue").make();
      addPath.check("blue", Json.read("{}".getBytes())).make();
      addPath.call("CHECK", "blue").make();
      addPath.del("blue").make();
      addPath.add("blue").env("CNI_ARGS", "IP=10.99.0.1").make();
      addPath.add("blue").env("CNI_ARGS", "nonsense").make();
    }
    assertThat(addPath.add("blue").make().succeeded()).isTrue();

    addPath.endPod("blue");

    await().until(() -> !addPath.ip("link").contains(PORT));
  }

  @Test
  void gcRemovesWhatTheRuntimeDoesNotKnow() throws Exception {
    start(DUAL);
    addPath.add("blue").make();
    addPath.add("green").make();

    Outcome collected =
        addPath
            .call("GC")
            .with(
                "\"cni.dev/valid-attachments\":"
                    + "[{\"containerID\":\"blue\",\"ifname\":\"eth0\"}]")
            .make();

    assertThat(collected).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.inUse()).containsOnlyKeys("10.244.1.2", "fd00:244:0:1::2");
    assertThat(addPath.ipIn("green", "link")).doesNotContain("eth0");
  }

  @Test
  void statusAndVersionAreAnswered() throws Exception {
    start(DUAL);

    assertThat(addPath.call("STATUS").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.call("VERSION").version("1.0.0").make().json().toString())
        .isEqualTo(
            "{\"cniVersion\":\"1.0.0\","
                + "\"supportedVersions\":[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
  }

  @Test
  void aRequestedAddressIsAllocatedOrRefused() throws Exception {
    start(DUAL);

    Outcome added =
        addPath
            .add("blue")
            .env("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAME=blue;IP=10.244.1.50")
            .make();
    Outcome taken =
        addPath.add("green").with("\"runtimeConfig\":{\"ips\":[\"10.244.1.50\"]}").make();
    Outcome outside = addPath.add("green").env("CNI_ARGS", "IP=10.99.0.1").make();

    assertThat(added.addresses()).containsExactly("10.244.1.50/24", "fd00:244:0:1::32/64");
    assertThat(taken.code()).isEqualTo(11);
    assertThat(taken.output()).contains("address 10.244.1.50 is in use");
    assertThat(outside.code()).isEqualTo(7);
    assertThat(outside.output()).contains("10.99.0.1 is not among those");
  }

  @Test
  void ipv6ThatThePodHasSwitchedOffIsSwitchedOn() throws Exception {
    start(DUAL);
    addPath.in("blue", "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    addPath.in("blue", "sysctl -qw net.ipv6.conf.default.disable_ipv6=1");

    Outcome added = addPath.add("blue").make();

    assertThat(added.succeeded()).as(added.output()).isTrue();
    assertThat(addPath.in("blue", "ping -c 1 -W 5 fd00:244:0:1::1").succeeded()).isTrue();
  }

  /** A runtime may name a namespace by the PID of a process that has ended; the PID comes again. */
  @ParameterizedTest
  @ValueSource(
      strings = {"/proc/self/ns/net", "/run/netns/none", "/etc/passwd", "/run/netns/green"})
  void aDelTakesItsOwnAwayWhateverItsNamespaceIsByNow(String namespace) throws Exception {
    start("10.244.1.0/24");
    addPath.add("green").make();
    addPath.add("blue").make();

    assertThat(addPath.del("blue").env("CNI_NETNS", namespace).make().succeeded()).isTrue();
    assertThat(addPath.del("blue").env("CNI_NETNS", namespace).make().succeeded()).isTrue();
    assertThat(addPath.inUse()).hasSize(1);
    assertThat(addPath.ipIn("green", "link show eth0")).contains("eth0");

    addPath.add("blue").make();
    addPath.stopAgent();
    Outcome alone = addPath.del("blue").env("CNI_NETNS", namespace).make();
    Outcome again = addPath.del("blue").env("CNI_NETNS", namespace).make();
    assertThat(addPath.ipIn("green", "link show eth0")).contains("eth0");
    addPath.startAgent();
    addPath.reconcile();
    assertThat(alone.succeeded()).as(alone.output()).isTrue();
    assertThat(again.code()).isEqualTo(namespace.equals("/run/netns/green") ? 11 : 0);
    assertThat(addPath.inUse()).hasSize(1);
  }
}
