// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GcTest {
  private static final String BLUE = "{\"containerID\":\"blue\",\"ifname\":\"eth0\"}";

  private final CniWorld world = new CniWorld("10.244.1.0/24");

  @BeforeEach
  void addTwo() {
    world.add("blue", 1).make();
    world.add("green", 2).make();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cni.dev/valid-attachments", "cni.dev/attachments"})
  void whatIsNotInTheListGoes(String key) {
    FakeExchange collected = gc("\"" + key + "\":[" + BLUE + "]");

    assertThat(collected.succeeded()).isTrue();
    assertThat(collected.json().isMissingNode()).isTrue();
    assertThat(world.inUse()).containsOnlyKeys("10.244.1.2");
  }

  @Test
  void whatEitherListNamesStays() {
    gc("\"cni.dev/attachments\":[],\"cni.dev/valid-attachments\":[" + BLUE + "]");

    assertThat(world.inUse()).containsOnlyKeys("10.244.1.2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "null"})
  void anEmptyListFreesAll(String list) {
    assertThat(gc("\"cni.dev/valid-attachments\":" + list).succeeded()).isTrue();

    assertThat(world.inUse()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"x\":1'|without a list",
        "'\"cni.dev/attachments\":{}'|is no list",
        "'\"cni.dev/attachments\":[\"blue\"]'|without containerID or ifname",
        "'\"cni.dev/attachments\":[{\"containerID\":\"blue\"}]'|without containerID or ifname"
      })
  void aListThatIsMissingOrBadRemovesNothing(String field, String words) {
    FakeExchange collected = gc(field);

    assertThat(collected.code()).isEqualTo(7);
    assertThat(collected.words()).contains(words);
    assertThat(world.inUse()).hasSize(2);
  }

  @Test
  void otherNetworksAreLeftAlone() {
    world.add("orange", 3).network("other").make();

    world.call("GC").network("other").with("\"cni.dev/attachments\":[]").make();

    assertThat(world.inUse()).containsOnlyKeys("10.244.1.2", "10.244.1.3");
  }

  @Test
  void aLongContainerIdIsFoundInTheList() {
    String id = "c".repeat(200);
    world.add(id, 3).make();

    gc("\"cni.dev/attachments\":[{\"containerID\":\"" + id + "\",\"ifname\":\"eth0\"}]");

    assertThat(world.inUse()).containsOnlyKeys("10.244.1.4");
  }

  @Test
  void whatTheKernelRefusesIsReportedAndTheRestGoes() {
    world.dataplane.failNextDetach(new DataplaneException(Reason.OTHER, "EBUSY"));

    FakeExchange collected = gc("\"cni.dev/attachments\":[]");

    assertThat(collected.code()).isEqualTo(101);
    assertThat(collected.words()).contains("1 attachments", "EBUSY");
    assertThat(world.inUse()).hasSize(1);
  }

  @Test
  void aFaultOfTheAgentIsReportedAndTheRestGoes() {
    world.dataplane.faultNextDetach(new IllegalArgumentException("by the test"));

    FakeExchange collected = gc("\"cni.dev/attachments\":[]");

    assertThat(collected.code()).isEqualTo(103);
    assertThat(collected.words()).contains("1 attachments", "by the test");
    assertThat(world.inUse()).hasSize(1);
  }

  private FakeExchange gc(String fields) {
    return world.call("GC").with(fields).make();
  }
}
