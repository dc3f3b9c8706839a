// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.AttachmentKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddTest {
  private static final String PORT = new AttachmentKey("blue", "eth0").hostVeth();

  private final CniWorld world = new CniWorld("10.244.1.0/24");

  @ParameterizedTest
  @ValueSource(strings = {"0.3.1", "0.4.0", "1.0.0", "1.1.0"})
  void theResultHasTheFormOfItsVersion(String version) throws Exception {
    boolean old = version.startsWith("0.");
    String mtu = version.equals("1.1.0") ? ",'mtu':1450" : "";
    String expected =
        """
        {'cniVersion':'%s',
         'interfaces':[
           {'name':'v-net-0','mac':'0a:58:00:00:00:01'},
           {'name':'%s','mac':'0e:58:0a:f4:01:02'%s},
           {'name':'eth0','mac':'0a:58:0a:f4:01:02'%s,'sandbox':'/run/netns/pod'}],
         'ips':[{%s'interface':2,'address':'10.244.1.2/24','gateway':'10.244.1.1'}],
         'routes':[{'dst':'0.0.0.0/0','gw':'10.244.1.1'}],
         'dns':{}}\
        """
            .formatted(version, PORT, mtu, mtu, old ? "'version':'4'," : "")
            .replace('\'', '"');

    FakeExchange added = world.add("blue", 1).version(version).make();

    assertThat(added.succeeded()).isTrue();
    assertThat(added.json()).isEqualTo(Json.read(expected.getBytes()));
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.0/24,'10.244.1.2/24','0.0.0.0/0','4'",
    "fd00:244:0:1::/64,'fd00:244:0:1::2/64','::/0','6'",
    "10.244.1.0/24 fd00:244:0:1::/64,'10.244.1.2/24 fd00:244:0:1::2/64','0.0.0.0/0 ::/0','4 6'"
  })
  void everyFamilyOfTheNodeGetsAnAddressAndADefaultRoute(
      String blocks, String addresses, String routes, String versions) {
    world.setBlocks(blocks.split(" "));

    JsonNode result = world.add("blue", 1).version("0.4.0").make().json();

    assertThat(CniWorld.addressesOf(result)).containsExactly(addresses.split(" "));
    assertThat(result.path("routes").findValuesAsText("dst")).containsExactly(routes.split(" "));
    assertThat(result.path("ips").findValuesAsText("version")).containsExactly(versions.split(" "));
  }

  @Test
  void theConfigurationsDnsIsPassedOn() {
    JsonNode dns =
        world
            .add("blue", 1)
            .with("\"dns\":{\"nameservers\":[\"10.1.0.1\"],\"search\":[\"a.b\"]}")
            .make()
            .json()
            .path("dns");

    assertThat(dns.toString()).isEqualTo("{\"nameservers\":[\"10.1.0.1\"],\"search\":[\"a.b\"]}");
  }

  @Test
  void theResultOfAnEarlierPluginStays() {
    JsonNode result =
        world
            .add("blue", 1)
            .with(
                "\"prevResult\":{\"interfaces\":[{\"name\":\"dummy\"}],\"dns\":{\"domain\":\"x\"},"
                    + "\"ips\":[{\"address\":\"192.0.2.1/32\",\"interface\":0}]}")
            .make()
            .json();

    assertThat(result.path("interfaces").findValuesAsText("name"))
        .containsExactly("dummy", "v-net-0", PORT, "eth0");
    assertThat(CniWorld.addressesOf(result)).containsExactly("192.0.2.1/32", "10.244.1.2/24");
    assertThat(result.path("ips").path(1).path("interface").asInt()).isEqualTo(3);
    assertThat(result.path("dns").path("domain").asText()).isEqualTo("x");
  }

  @Test
  void theKernelGetsWhatTheRuntimeSaid() throws Exception {
    world
        .add("blue", 1)
        .env("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;X=y")
        .make();

    assertThat(world.dataplane.read().byKey(HostVeth.KIND).get(PORT).attachment().orElseThrow())
        .hasToString(
            "Attachment[network=weft, key=blue/eth0, addresses=[10.244.1.2],"
                + " pod=Optional[shop/web-0]]");
  }

  @Test
  void aSecondAddInTheSameNamespaceIsAnErrorAndChangesNothing() throws Exception {
    world.add("blue", 1).make();
    Object before = world.dataplane.read();

    FakeExchange again = world.add("blue", 1).make();

    assertThat(again.code()).isEqualTo(4);
    assertThat(again.words()).contains("CNI_IFNAME", "already has an interface eth0");
    assertThat(world.dataplane.read()).isEqualTo(before);
    assertThat(world.inUse()).containsExactly(Map.entry("10.244.1.2", AddressStatus.ASSIGNED));
  }

  @Test
  void aSecondAddInAnotherNamespaceReplacesTheFirst() throws Exception {
    world.add("blue", 1).make();

    FakeExchange again = world.add("blue", 2).make();

    assertThat(CniWorld.addressesOf(again.json())).containsExactly("10.244.1.3/24");
    assertThat(world.inUse()).containsOnlyKeys("10.244.1.3");
    assertThat(world.dataplane.hasInterface("eth0", new PodNamespace(1, 1001))).isFalse();
    assertThat(world.dataplane.hasInterface("eth0", new PodNamespace(2, 1002))).isTrue();
  }

  @Test
  void anInterfaceOfSomebodyElseIsAnError() {
    world.add("other", 1).make();

    FakeExchange added = world.add("blue", 1).make();

    assertThat(added.code()).isEqualTo(4);
    assertThat(added.words()).contains("already has an interface eth0");
    assertThat(world.inUse()).containsOnlyKeys("10.244.1.2");
  }

  @Test
  void anAddWhoseClientIsGoneBeforeTheAnswerIsUndone() throws Exception {
    world.service.serve(world.add("blue", 1).prepare().dead());

    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(world.inUse()).isEmpty();
    assertThat(
            world
                .meters
                .get("weft.cni.request.duration")
                .tag("result", "client_gone")
                .timer()
                .count())
        .isOne();
  }

  @Test
  void anAddThatTheKernelRefusesKeepsItsAddressUntilADumpShowsThatNothingIsThere()
      throws Exception {
    world.dataplane.failNextAttach(new DataplaneException(Reason.OTHER, "ENOSPC: no space"));

    FakeExchange added = world.add("blue", 1).make();

    assertThat(added.code()).isEqualTo(101);
    assertThat(added.words()).contains("ENOSPC: no space");
    assertThat(world.inUse()).containsExactly(Map.entry("10.244.1.2", AddressStatus.RELEASING));
    world.adopt();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void aFaultOfTheAgentLeavesNothing() throws Exception {
    NodeState before = world.dataplane.read();
    world.dataplane.faultNextAttach(new IllegalArgumentException("by the test"));

    FakeExchange added = world.add("blue", 1).make();

    assertThat(added.code()).isEqualTo(103);
    assertThat(world.dataplane.read()).isEqualTo(before);
    assertThat(world.inUse()).isEmpty();
    assertThat(world.add("blue", 1).make().succeeded()).isTrue();
  }

  @Test
  void aFaultThatCannotBeUndoneKeepsTheAddressUntilADumpShowsWhatIsThere() throws Exception {
    world.dataplane.faultNextAttach(new IllegalArgumentException("by the test"));
    world.dataplane.faultNextDetach(new IllegalStateException("by the test too"));

    assertThat(world.add("blue", 1).make().code()).isEqualTo(103);

    assertThat(world.inUse()).containsExactly(Map.entry("10.244.1.2", AddressStatus.RELEASING));
    assertThat(world.del("blue").make().succeeded()).isTrue();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void aNamespaceThatIsGoneIsAnUnknownContainer() {
    world.dataplane.failNextAttach(new DataplaneException(Reason.GONE, "ENODEV"));

    assertThat(world.add("blue", 1).make().code()).isEqualTo(3);
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void aKernelThatIsNotDoneIsToBeTriedAgain() {
    world.dataplane.failNextAttach(new DataplaneException(Reason.BUSY, "not done in 5000 ms"));

    FakeExchange added = world.add("blue", 1).make();

    assertThat(added.code()).isEqualTo(11);
    assertThat(added.words()).contains("not done in 5000 ms");
    assertThat(world.inUse()).containsExactly(Map.entry("10.244.1.2", AddressStatus.RELEASING));
  }

  @Test
  void whatIsMissingOnTheNodeIsToBeTriedAgain() throws Exception {
    world.dataplane.failNextAttach(
        new DataplaneException(Reason.MISSING, "add element of set bridge weft pods4: ENOENT"));

    FakeExchange added = world.add("blue", 1).make();

    assertThat(added.code()).isEqualTo(11);
    assertThat(added.words()).contains("pods4: ENOENT").doesNotContain("namespace is gone");
    world.adopt();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void ipv6IsSwitchedOnInThePodByThePlugin() {
    world.setBlocks("fd00::/64");
    PodNamespace pod = new PodNamespace(1, 1001);
    world.dataplane.setIpv6(pod, false);
    FakeExchange exchange =
        world
            .add("blue", 1)
            .prepare()
            .onEnableIpv6(
                ifName -> {
                  assertThat(ifName).isEqualTo("eth0");
                  world.dataplane.setIpv6(pod, true);
                  return 0;
                });

    world.service.serve(exchange);

    assertThat(CniWorld.addressesOf(exchange.json())).containsExactly("fd00::2/64");
  }

  @Test
  void ipv6ThatCannotBeSwitchedOnFailsTheAdd() {
    world.setBlocks("fd00::/64");
    world.dataplane.setIpv6(new PodNamespace(1, 1001), false);
    FakeExchange exchange = world.add("blue", 1).prepare().onEnableIpv6(ifName -> 30);

    world.service.serve(exchange);

    assertThat(exchange.code()).isEqualTo(101);
    assertThat(exchange.words()).contains("disable_ipv6", "30");
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void aPluginThatIsGoneWhenIpv6IsToBeSwitchedOnLeavesNothing() throws Exception {
    world.setBlocks("fd00::/64");
    world.dataplane.setIpv6(new PodNamespace(1, 1001), false);

    world.service.serve(world.add("blue", 1).prepare().dead());

    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void theLongestResultOfAFurtherInterfaceStillFitsASend() {
    int others = addWithDomain("zero", "eth0", 0).length();
    int longest = 65536 - 2 * ",\"table\":2147483647".length() - others;

    FakeExchange first = addWithDomain("blue", "eth0", longest);
    FakeExchange further = addWithDomain("blue", "eth1", longest);

    assertThat(first.succeeded()).isTrue();
    assertThat(further.json().path("routes").path(0).path("table").isInt()).isTrue();
    assertThat(further.length()).isGreaterThan(first.length()).isLessThanOrEqualTo(65536);
  }

  @Test
  void aLongerResultIsRefusedBeforeAnythingIsMade() throws Exception {
    FakeExchange added = addWithDomain("blue", "eth0", 65536);

    assertThat(added.code()).isEqualTo(7);
    assertThat(added.words()).contains("the result would be longer than 65498 bytes");
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(world.inUse()).isEmpty();
  }

  private FakeExchange addWithDomain(String containerId, String ifName, int length) {
    return world
        .add(containerId, containerId.equals("zero") ? 9 : 1)
        .env("CNI_IFNAME", ifName)
        .version("1.1.0")
        .with("\"dns\":{\"domain\":\"%s\"}".formatted("x".repeat(length)))
        .make();
  }

  @ParameterizedTest
  @CsvSource({
    "'IP=10.244.1.77','',10.244.1.77/24",
    "'IP=10.244.1.77/24;K8S_POD_NAME=x','',10.244.1.77/24",
    "'','\"10.244.1.78/16\"',10.244.1.78/24",
    "'IP=10.244.1.79','\"10.244.1.79\"',10.244.1.79/24"
  })
  void aRequestedAddressIsAllocated(String arguments, String ips, String address) {
    FakeExchange added =
        world
            .add("blue", 1)
            .env("CNI_ARGS", arguments)
            .with("\"runtimeConfig\":{\"ips\":[" + ips + "]}")
            .make();

    assertThat(CniWorld.addressesOf(added.json())).containsExactly(address);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.2,11,is in use",
    "10.244.2.2,7,not among those",
    "10.244.1.1,7,reserved",
    "10.244.1.255,7,reserved",
    "fd00::2,7,not among those",
    "'10.244.1.5,10.244.1.6',7,two addresses of one family",
    "10.244.1.300,4,'\"10.244.1.300\" is no IPv4'"
  })
  void anAddressThatCannotBeAllocatedIsRefused(String requested, int code, String words) {
    world.add("first", 1).make();

    FakeExchange added = world.add("blue", 2).env("CNI_ARGS", "IP=" + requested).make();

    assertThat(added.code()).isEqualTo(code);
    assertThat(added.words()).contains(words);
    assertThat(world.inUse()).containsOnlyKeys("10.244.1.2");
  }

  @Test
  void aFullBlockFailsTheAddWithAnEventAndNotTheStatus() {
    world.setBlocks("10.244.1.0/30");
    world.add("first", 1).make();

    FakeExchange added =
        world
            .add("blue", 2)
            .env("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;K8S_POD_UID=6f2a")
            .make();

    assertThat(added.code()).isEqualTo(11);
    assertThat(added.words()).contains("no free address in 10.244.1.0/30");
    assertThat(world.events)
        .containsExactly(
            "shop/web-0 6f2a NoFreeAddress no free address in 10.244.1.0/30: all 1 are in use; a pod that ends makes room, a wider or further IPPool more");
    assertThat(world.call("STATUS").make().succeeded()).isTrue();
  }

  @Test
  void aNodeThatIsNotReadyReportsWhy() {
    world.notReady = Optional.of("this node has no block");

    assertThat(world.add("blue", 1).make().code()).isEqualTo(11);
    assertThat(world.add("blue", 1).make().words()).contains("this node has no block");
    assertThat(world.call("STATUS").make().code()).isEqualTo(50);
    assertThat(world.call("STATUS").make().words()).contains("this node has no block");
  }

  @Test
  void addressesGoRound() {
    world.setBlocks("10.244.1.0/29");
    for (String id : List.of("a", "b")) {
      world.add(id, id.charAt(0)).make();
    }
    world.del("a").make();

    assertThat(CniWorld.addressesOf(world.add("c", 3).make().json()))
        .containsExactly("10.244.1.4/29");
  }

  @Test
  void aResultThatWouldNotFitIsRefusedBeforeAnythingIsMade() throws Exception {
    String large = "x".repeat(70_000);

    FakeExchange added = world.add("blue", 1).with("\"dns\":{\"domain\":\"" + large + "\"}").make();

    assertThat(added.code()).isEqualTo(7);
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(world.inUse()).isEmpty();
  }
}
