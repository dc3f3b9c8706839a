// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.NodeState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A second interface of a pod: reached at its own addresses, and answering by itself. */
@Tag("kernel")
class FurtherInterfaceKernelTest {
  private static final String NODE = "10.244.1.0/24 fd00:244:0:1::/64";

  private AddPath addPath;

  @BeforeEach
  void start() throws Exception {
    addPath = new AddPath(NODE.split(" "));
    addPath.newPod("blue");
    addPath.newPod("green");
  }

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void whatComesToAnInterfacesAddressComesInAndIsAnsweredByIt(int rpFilter) throws Exception {
    otherNode();
    try {
      Outcome first = addPath.add("blue").make();
      Outcome second = net1("ADD").make();
      assertThat(second.exitCode()).as(second.output()).isZero();
      addPath.add("green").make();
      for (String where : List.of("all", "default", "eth0", "net1")) {
        addPath.in("blue", "sysctl -qw net.ipv4.conf." + where + ".rp_filter=" + rpFilter);
      }

      for (String pod : List.of("green", "far")) {
        assertReached(pod, "eth0", "net1", addresses(first));
        assertReached(pod, "net1", "eth0", addresses(second));
      }
      for (String target : List.of("10.99.0.9", "fd00:9::9")) {
        assertAnsweredTo(first, "eth0", target);
        assertAnsweredTo(second, "net1", target);
      }
    } finally {
      addPath.endPod("far");
    }
  }

  @Test
  void theDefaultRouteIsTheFirstsAndTheResultHasWhatIsThere() throws Exception {
    JsonNode first = addPath.add("blue").make().json();
    JsonNode second = net1("ADD").make().json();

    assertThat(first.path("routes").toString()).doesNotContain("table");
    for (JsonNode route : second.path("routes")) {
      String family = route.path("dst").asText().contains(":") ? "-6 " : "-4 ";
      assertThat(addPath.ipIn("blue", family + "route show table " + route.path("table").asText()))
          .contains("default via " + route.path("gw").asText() + " dev net1");
    }
    assertThat(second.path("routes")).hasSize(2);
    assertThat(second.path("interfaces").path(2).path("name").asText()).isEqualTo("net1");
    for (String family : List.of("-4 ", "-6 ")) {
      assertThat(addPath.ipIn("blue", family + "route show default"))
          .contains("dev eth0")
          .doesNotContain("net1");
      assertThat(addPath.ipIn("blue", family + "route show dev net1")).doesNotContain("proto 87");
    }
    // Before 1.1.0 a result's route has no table, so it would tell of one in main.
    assertThat(net1("DEL").make().exitCode()).isZero();
    assertThat(net1("ADD").version("1.0.0").make().json().path("routes")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "addr del 10.244.1.3/24 dev net1, net1 has not the address 10.244.1.3/24",
    "rule del from 10.244.1.3, the pod has no rule from 10.244.1.3 lookup",
    "rule del oif net1, the pod has no rule oif net1 lookup",
    "rule del oif net1, the pod has no rule oif net1 lookup",
    "-6 rule del from fd00:244:0:1::3, the pod has no rule from fd00:244:0:1::3 lookup",
    "route del default table TABLE, the pod has no route 0.0.0.0/0 via 10.244.1.1 dev net1 table",
    "-6 route flush table TABLE, the pod has no route ::/0 via fd00:244:0:1::1 dev net1 table"
  })
  void checkFindsWhatIsWrongWithTheSecondAndNothingWithTheFirst(String command, String words)
      throws Exception {
    JsonNode first = addPath.add("blue").make().json();
    JsonNode second = net1("ADD").make().json();
    assertThat(addPath.check("blue", first).make().output()).isEmpty();
    assertThat(checkNet1(second).output()).isEmpty();
    String table = second.path("routes").path(0).path("table").asText();

    addPath.ipIn("blue", command.replace("TABLE", table));

    assertThat(checkNet1(second).code()).isEqualTo(102);
    assertThat(checkNet1(second).output()).contains(words);
    assertThat(addPath.check("blue", first).make().output()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theSecondGoesWithItsRulesAndComesAgain(boolean anotherAgent) throws Exception {
    JsonNode first = addPath.add("blue").make().json();
    String rules = rules();
    NodeState one = addPath.state();
    for (int i = 0; i < 3; i++) {
      Outcome second = net1("ADD").make();
      assertThat(second.exitCode()).as(second.output()).isZero();
      assertThat(checkNet1(second.json()).output()).isEmpty();
      if (anotherAgent) {
        addPath.stopAgent();
        addPath.startAgent();
      }

      assertThat(net1("DEL").make()).isEqualTo(new Outcome(0, ""));

      assertThat(rules()).isEqualTo(rules);
      assertThat(addPath.ipIn("blue", "link")).doesNotContain("net1");
      assertThat(addPath.state()).isEqualTo(one);
      assertThat(addPath.check("blue", first).make().output()).isEmpty();
    }
  }

  @Test
  void theFirstGoesAndTheSecondLosesNothingButTheDefaultRoute() throws Exception {
    JsonNode first = addPath.add("blue").make().json();
    Outcome second = net1("ADD").make();
    addPath.add("green").make();

    assertThat(addPath.del("blue").make().exitCode()).isZero();

    assertThat(checkNet1(second.json()).output()).isEmpty();
    for (String address : addresses(second)) {
      assertThat(addPath.in("green", "ping -c 1 -W 5 " + address).exitCode()).isZero();
    }
    assertThat(addPath.ipIn("blue", "route show default")).isEmpty();
    // Who comes next is the first again.
    JsonNode again = addPath.add("blue").make().json();
    assertThat(again.path("routes")).isEqualTo(first.path("routes"));
    assertThat(addPath.ipIn("blue", "route show default")).contains("dev eth0");
    assertThat(checkNet1(second.json()).output()).isEmpty();
  }

  @Test
  void gcKeepsTheOneThatTheRuntimeKnows() throws Exception {
    JsonNode first = addPath.add("blue").make().json();
    net1("ADD").make();

    String keep = "\"cni.dev/valid-attachments\":[{\"containerID\":\"blue\",\"ifname\":\"eth0\"}]";
    // A GC leaves alone what an ADD, just answered, is still at work on.
    await()
        .untilAsserted(
            () -> {
              assertThat(addPath.call("GC").with(keep).make().output()).isEmpty();
              assertThat(addPath.ipIn("blue", "link")).contains("eth0").doesNotContain("net1");
            });

    assertThat(addPath.inUse()).containsOnlyKeys("10.244.1.2", "fd00:244:0:1::2");
    assertThat(addPath.check("blue", first).make().output()).isEmpty();
    // GC has no hold on the pod: a rule is left there, and replaced when its address comes back.
    Outcome again = net1("ADD").with("\"runtimeConfig\":{\"ips\":[\"10.244.1.3\"]}").make();
    assertThat(again.exitCode()).as(again.output()).isZero();
    assertThat(checkNet1(again.json()).output()).isEmpty();
    assertThat(addPath.ipIn("blue", "rule").lines().filter(rule -> rule.contains("10.244.1.3")))
        .hasSize(1);
  }

  @Test
  void besideAnotherNetworksDefaultRouteItIsAFurtherInterfaceToo() throws Exception {
    addPath.ipIn("blue", "link add other type veth peer name rehto");
    addPath.ipIn("blue", "link set other up");
    addPath.ipIn("blue", "addr add 172.20.0.2/24 dev other");
    addPath.ipIn("blue", "route add default via 172.20.0.1");
    addPath.add("green").make();

    Outcome added = net1("ADD").make();

    assertThat(added.exitCode()).as(added.output()).isZero();
    assertThat(checkNet1(added.json()).output()).isEmpty();
    assertThat(addPath.ipIn("blue", "route show default"))
        .contains("via 172.20.0.1")
        .doesNotContain("net1");
    // In the family that had no default route yet this interface is the first.
    assertThat(addPath.ipIn("blue", "-6 route show default")).contains("dev net1");
    for (String address : addresses(added)) {
      assertThat(addPath.in("green", "ping -c 1 -W 5 " + address).exitCode()).isZero();
    }
  }

  @Test
  void anAddWhoseClientIsGoneLeavesNothingOfTheSecond() throws Exception {
    JsonNode first = addPath.add("blue").make().json();
    NodeState one = addPath.state();
    Process process = net1("ADD").start();
    process.destroyForcibly().waitFor();
    net1("DEL").make();

    await()
        .untilAsserted(
            () -> {
              assertThat(addPath.inUse()).hasSize(2);
              assertThat(addPath.state()).isEqualTo(one);
            });
    assertThat(addPath.check("blue", first).make().output()).isEmpty();
    assertThat(net1("ADD").make().exitCode()).isZero();
  }

  /** A machine beyond a router that is this node: what another node is to a pod. */
  private void otherNode() throws Exception {
    addPath.newPod("far");
    addPath.ip("link add uplink type veth peer name far netns far");
    addPath.ip("link set uplink up");
    addPath.ip("addr add 10.99.0.1/24 dev uplink");
    addPath.ip("addr add fd00:9::1/64 dev uplink nodad");
    addPath.ipIn("far", "link set far up");
    addPath.ipIn("far", "addr add 10.99.0.9/24 dev far");
    addPath.ipIn("far", "addr add fd00:9::9/64 dev far nodad");
    addPath.ipIn("far", "route add default via 10.99.0.1");
    addPath.ipIn("far", "route add default via fd00:9::1");
    addPath.reconcile();
  }

  private void assertReached(String from, String by, String notBy, List<String> addresses)
      throws Exception {
    for (String address : addresses) {
      long before = received(by);
      long besides = received(notBy);
      String ping = "ping -c 10 -i 0.01 -W 5 " + address;
      assertThat(addPath.in(from, ping).exitCode()).as(from + ": " + ping).isZero();
      assertThat(received(by) - before).as(address + " by " + by).isGreaterThanOrEqualTo(10);
      // The bridge itself says a word to all its ports, such as a router solicitation.
      assertThat(received(notBy) - besides).as(address + " by " + notBy).isLessThan(10);
    }
  }

  /** What a pod sends from an interface's address, or by a socket that is bound to it. */
  private void assertAnsweredTo(Outcome added, String device, String target) throws Exception {
    String source = addresses(added).get(target.contains(":") ? 1 : 0);
    for (String from : List.of(source, device)) {
      long before = received(device);
      assertThat(addPath.in("blue", "ping -c 10 -i 0.01 -W 5 -I " + from + " " + target).exitCode())
          .as("from " + from + " to " + target)
          .isZero();
      assertThat(received(device) - before).as("to " + from).isGreaterThanOrEqualTo(10);
    }
  }

  private long received(String device) throws Exception {
    String file = "/sys/class/net/" + device + "/statistics/rx_packets";
    return Long.parseLong(addPath.in("blue", "cat " + file).output().strip());
  }

  private String rules() throws Exception {
    return addPath.ipIn("blue", "-4 rule") + addPath.ipIn("blue", "-6 rule");
  }

  private AddPath.Call net1(String verb) {
    return addPath.call(verb, "blue").env("CNI_IFNAME", "net1");
  }

  private Outcome checkNet1(JsonNode result) throws Exception {
    return addPath.check("blue", result).env("CNI_IFNAME", "net1").make();
  }

  private static List<String> addresses(Outcome added) throws Exception {
    return added.addresses().stream().map(address -> address.replaceAll("/.*", "")).toList();
  }
}
