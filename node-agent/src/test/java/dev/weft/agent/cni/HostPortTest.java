// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.netlink.nft.SetChange;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostPortTest {
  private static final String HTTP = "{'hostPort':80,'containerPort':8080,'protocol':'tcp'}";

  private final CniWorld world = new CniWorld("10.244.1.0/24", "fd00:244::/64");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{'hostPort':80,'containerPort':8080} | tcp 0.0.0.0:80 to 10.244.1.2:8080;"
            + " tcp [::]:80 to [fd00:244::2]:8080",
        "{'hostPort':53,'containerPort':53,'protocol':'UDP','hostIP':'0.0.0.0'}"
            + " | udp 0.0.0.0:53 to 10.244.1.2:53",
        "{'HostPort':80,'ContainerPort':8080,'Protocol':'udp','HostIP':'192.168.1.11'}"
            + " | udp 192.168.1.11:80 to 10.244.1.2:8080",
        "{'hostPort':80,'containerPort':8080,'hostIP':'::ffff:192.168.1.11'},"
            + "{'hostPort':81,'containerPort':8080,'hostIP':'::ffff:0.0.0.0'}"
            + " | tcp 192.168.1.11:80 to 10.244.1.2:8080; tcp 0.0.0.0:81 to 10.244.1.2:8080",
        "{'hostPort':65535,'containerPort':1,'protocol':'Sctp','hostIP':'fd00:192::11'}"
            + " | sctp [fd00:192::11]:65535 to [fd00:244::2]:1",
        "{'hostPort':80,'containerPort':8080,'protocol':'','hostIP':''},"
            + "{'hostPort':80,'containerPort':8080,'hostIP':'::'}"
            + " | tcp 0.0.0.0:80 to 10.244.1.2:8080; tcp [::]:80 to [fd00:244::2]:8080",
      })
  void anAddMakesWhatIsRequestedAndADelRemovesIt(String mappings, String expected)
      throws Exception {
    assertThat(add("blue", 1, mappings).code()).isZero();
    assertThat(hostPorts()).containsExactlyInAnyOrder(expected.split("; "));

    world.del("blue").make();
    assertThat(hostPorts()).isEmpty();
    assertThat(world.attachments.hostPorts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{'hostPort':0,'containerPort':8080} | item 0: hostPort 0 is no number from 1 to 65535",
        "{'hostPort':65536,'containerPort':1} | item 0: hostPort 65536 is no number",
        "{'hostPort':-1,'containerPort':1} | item 0: hostPort -1 is no number",
        "{'hostPort':80.5,'containerPort':1} | item 0: hostPort 80.5 is no number",
        "{'hostPort':'80','containerPort':1} | item 0: hostPort \"80\" is no number",
        "{'containerPort':1} | item 0: hostPort (missing) is no number",
        "{'hostPort':80,'containerPort':0} | item 0: containerPort 0 is no number",
        "{'hostPort':80} | item 0: containerPort (missing) is no number",
        "{'hostPort':80,'containerPort':1,'protocol':'icmp'}"
            + " | item 0: protocol \"icmp\" is none of [tcp, udp, sctp]",
        "{'hostPort':1,'containerPort':1},{'hostPort':80,'containerPort':1,'hostIP':'node1'}"
            + " | item 1: \"node1\" is no IPv4 or IPv6 address",
      })
  void aBadValueIsRefusedInWords(String mappings, String words) throws Exception {
    FakeExchange refused = add("blue", 1, mappings);

    assertThat(refused.words()).contains("runtimeConfig.portMappings is bad", words.strip());
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_CONFIG.number());
    assertThat(world.inUse()).isEmpty();
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
  }

  @Test
  void whatIsNoListIsRefusedAndNullIsNone() {
    assertThat(
            world
                .add("blue", 1)
                .with("\"runtimeConfig\":{\"portMappings\":{\"hostPort\":80}}")
                .make()
                .words())
        .contains("portMappings is no list but OBJECT");
    assertThat(world.add("blue", 1).with("\"runtimeConfig\":{\"portMappings\":null}").make().code())
        .isZero();
  }

  @Test
  void moreThanOneTransactionHoldsAreRefused() {
    FakeExchange refused = add("blue", 1, mappings(PortMappings.MOST + 1));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_CONFIG.number());
    assertThat(refused.words()).contains("portMappings has 4097 items, and a pod may have 4096");
    assertThat(world.inUse()).isEmpty();

    int pairs = 2;
    assertThat(2 * PortMappings.MOST + pairs).isLessThanOrEqualTo(SetChange.MAX_ELEMENTS);
  }

  private static String mappings(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "{'hostPort':%d,'containerPort':80}".formatted(20_000 + i))
        .collect(Collectors.joining(","));
  }

  @Test
  void aPortThatAnotherPodHasIsRefusedWithAnEventThatNamesIt() throws Exception {
    add("blue", 1, HTTP);

    FakeExchange refused = add("green", 2, HTTP.replace("}", ",'hostIP':'192.168.1.11'}"));

    assertThat(refused.words())
        .contains("host port tcp 192.168.1.11:80 is taken", "default/blue", "0.0.0.0:80");
    assertThat(refused.code()).isEqualTo(ErrorCode.TRY_AGAIN_LATER.number());
    assertThat(world.events).singleElement().asString().contains("green HostPortInUse host port");
    assertThat(world.inUse()).containsOnlyKeys("10.244.1.2", "fd00:244::2");

    world.del("blue").make();
    assertThat(add("green", 2, HTTP).code()).isZero();
  }

  @Test
  void aFamilyThatThePodHasNotIsRefused() {
    world.setBlocks("10.244.1.0/24");

    FakeExchange refused = add("blue", 1, HTTP.replace("}", ",'hostIP':'::'}"));

    assertThat(refused.words()).contains("the pod has no address of that family");
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_CONFIG.number());
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void anAddThatFailsKeepsNoPort() throws Exception {
    world.dataplane.failNextAttach(
        new DataplaneException(DataplaneException.Reason.GONE, "gone by the test"));
    assertThat(add("blue", 1, HTTP).words()).contains("gone by the test");

    assertThat(world.attachments.hostPorts()).isEmpty();
    assertThat(add("green", 2, HTTP).code()).isZero();
  }

  @Test
  void aGcTakesThePortsOfWhatItRemoves() throws Exception {
    add("blue", 1, HTTP);

    world.call("GC").with("\"cni.dev/valid-attachments\":[]").make();

    assertThat(hostPorts()).isEmpty();
  }

  @Test
  void aNewAgentTakesThemOverFromTheKernelAndKnowsThemFromThenOn() throws Exception {
    add("blue", 1, HTTP);
    Set<HostPort> made = world.dataplane.read().of(HostPort.KIND);
    Attachments restarted = new Attachments();

    adopt(restarted, made);
    assertThat(restarted.hostPorts()).isEqualTo(made);
    // Somebody deletes them in the kernel: the loop will want them back.
    adopt(restarted, Set.of());
    assertThat(restarted.hostPorts()).isEqualTo(made);
  }

  private void adopt(Attachments attachments, Set<HostPort> hostPorts) throws Exception {
    try (Observation observation = attachments.observe()) {
      observation.adopt(world.dataplane.read().of(HostVeth.KIND), hostPorts);
    }
  }

  @Test
  void aCheckComparesThem() throws Exception {
    FakeExchange added = add("blue", 1, HTTP);
    String previous = "\"prevResult\":" + added.json();
    assertThat(world.call("CHECK").container("blue").pod(1).with(previous).make().code()).isZero();

    for (HostPort hostPort : world.dataplane.read().of(HostPort.KIND)) {
      world.dataplane.drift(Change.remove(HostPort.KIND, hostPort));
    }

    assertThat(world.call("CHECK").container("blue").pod(1).with(previous).make().words())
        .contains("host port tcp 0.0.0.0:80", "host port tcp [::]:80");
  }

  private FakeExchange add(String name, int pod, String mappings) {
    String list = mappings.replace('\'', '"');
    return world
        .add(name, pod)
        .env("CNI_ARGS", "K8S_POD_NAMESPACE=default;K8S_POD_NAME=" + name)
        .with("\"runtimeConfig\":{\"portMappings\":[" + list + "]}")
        .make();
  }

  private List<String> hostPorts() throws Exception {
    return world.dataplane.read().of(HostPort.KIND).stream()
        .map(HostPort::toString)
        .collect(Collectors.toList());
  }
}
