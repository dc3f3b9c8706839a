// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.node.AttachmentKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckTest {
  private final CniWorld world = new CniWorld("10.244.1.0/24", "fd00::/64");
  private String result;

  @BeforeEach
  void add() {
    result = world.add("blue", 1).make().json().toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.4.0", "1.0.0", "1.1.0"})
  void whatAddMadeIsWell(String version) {
    String given = world.add("green", 2).version(version).make().json().toString();

    FakeExchange checked =
        world.call("CHECK").container("green").pod(2).version(version).with(previous(given)).make();

    assertThat(checked.succeeded()).isTrue();
    assertThat(checked.json().isMissingNode()).isTrue();
  }

  @Test
  void whatLaterPluginsAddedIsAllowed() {
    String chained = result.replace("\"interfaces\":[", "\"interfaces\":[{\"name\":\"ifb0\"},");

    assertThat(check(chained).succeeded()).isTrue();
  }

  @Test
  void aMissingInterfaceIsAnError() {
    world.dataplane.endNamespace(new PodNamespace(1, 1001));

    FakeExchange checked = check(result);

    assertThat(checked.code()).isEqualTo(102);
    assertThat(checked.words()).contains("no link " + new AttachmentKey("blue", "eth0").hostVeth());
  }

  @Test
  void aHostVethThatIsNotInSyncIsAnError() {
    world.dataplane.takeOffBridge(new AttachmentKey("blue", "eth0").hostVeth());

    assertThat(check(result).code()).isEqualTo(102);
  }

  @Test
  void anUnknownContainerIsAnError() {
    FakeExchange checked =
        world.call("CHECK").container("green").pod(1).with(previous(result)).make();

    assertThat(checked.code()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.2/24,10.244.1.9/24,does not name the address 10.244.1.2",
    "fd00::2/64,fd00::9/64,does not name the address fd00::2",
    "\"name\":\"eth0\",\"name\":\"eth1\",names no interface eth0",
    "/run/netns/pod,/run/netns/other,names no interface eth0 in /run/netns/pod",
    "0a:58:0a:f4:01:02,0a:58:0a:f4:01:03,'has eth0 with the MAC 0a:58:0a:f4:01:03'"
  })
  void aResultThatDiffersIsAnError(String from, String to, String words) {
    FakeExchange checked = check(result.replace(from, to));

    assertThat(checked.code()).isEqualTo(102);
    assertThat(checked.words()).contains(words);
  }

  @Test
  void withoutAPreviousResultItCannotBeDone() {
    FakeExchange checked = world.call("CHECK").container("blue").pod(1).make();

    assertThat(checked.code()).isEqualTo(7);
    assertThat(checked.words()).contains("prevResult");
  }

  @Test
  void aPodWhoseBlockIsLostIsCheckedByTheResult() {
    world.setBlocks();

    assertThat(check(result).succeeded()).isTrue();
  }

  private FakeExchange check(String previousResult) {
    return world.call("CHECK").container("blue").pod(1).with(previous(previousResult)).make();
  }

  private static String previous(String result) {
    return "\"prevResult\":" + result;
  }
}
