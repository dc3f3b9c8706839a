// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.HostVeth;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that are wrong: a clear error, and nothing changes. */
class BadInputTest {
  private final CniWorld world = new CniWorld("10.244.1.0/24");

  @AfterEach
  void nothingHasChanged() throws Exception {
    assertThat(world.inUse()).isEmpty();
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|6|is empty",
        "hello|6|hello",
        "'{\"cniVersion\":\"1.0.0\",'|6|line 1",
        "'{} {}'|6|",
        "'[]'|6|no JSON object",
        "'{}'|1|supported: 0.3.1, 0.4.0, 1.0.0, 1.1.0",
        "'{\"cniVersion\":\"9.9.9\",\"name\":\"weft\"}'|1|\"9.9.9\"",
        "'{\"cniVersion\":\"0.2.0\",\"name\":\"weft\"}'|1|\"0.2.0\"",
        "'{\"cniVersion\":null,\"name\":\"weft\"}'|1|none of ours",
        "'{\"cniVersion\":{},\"name\":\"weft\"}'|7|cniVersion is no string",
        "'{\"cniVersion\":1.0,\"name\":\"weft\"}'|7|cniVersion is no string",
        "'{\"cniVersion\":\"1.0.0\",\"name\":5}'|7|name is no string",
        "'{\"cniVersion\":\"1.0.0\",\"name\":true}'|7|name is no string",
        "'{\"cniVersion\":\"1.0.0\",\"name\":[\"weft\"]}'|7|name is no string",
        "'{\"cniVersion\":\"1.0.0\",\"name\":null}'|7|name",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"type\":7}'|7|type is no string",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"ipam\":5}'|7|ipam is no object",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"dns\":5}'|7|dns is no object",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"runtimeConfig\":[]}'|7|runtimeConfig",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"runtimeConfig\":{\"ips\":5}}'|7|ips",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"runtimeConfig\":{\"ips\":[5]}}'|7|ips",
        "'{\"cniVersion\":\"1.0.0\"}'|7|name",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"a/b\"}'|7|\"a/b\"",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"ipam\":{\"type\":\"dhcp\"}}'|2|ipam",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"prevResult\":[]}'|7|prevResult",
        "'{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"runtimeConfig\":{\"ips\":[\"x\"]}}'|7|ips"
      })
  void aBadConfigurationIsRefusedInWords(String stdin, int code, String words) {
    FakeExchange added = world.add("blue", 1).stdin(stdin).make();

    assertThat(added.code()).isEqualTo(code);
    assertThat(added.words()).contains(words == null ? "" : words);
  }

  @Test
  void aMemberThatIsNullIsAsIfItWereNotThere() {
    String nulls =
        "\"type\":null,\"ipam\":null,\"dns\":null,\"prevResult\":null,\"runtimeConfig\":null";

    assertThat(world.add("blue", 1).with(nulls).make().code()).isZero();

    world.del("blue").make();
  }

  @Test
  void aConfigurationOfAMegabyteOrOfEndlessDepthIsRefused() {
    String name = "\"name\":\"" + "x".repeat(1 << 20) + "\"";
    assertThat(world.add("blue", 1).stdin("{\"cniVersion\":\"1.0.0\"," + name + "}").make().code())
        .isEqualTo(7);
    assertThat(world.add("blue", 1).stdin("[".repeat(1 << 20)).make().code()).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource({
    "CNI_COMMAND,HELLO,unknown CNI_COMMAND",
    "CNI_COMMAND,add,unknown CNI_COMMAND",
    "CNI_COMMAND,'',unknown CNI_COMMAND",
    "CNI_CONTAINERID,'',ADD needs CNI_CONTAINERID",
    "CNI_CONTAINERID,../x,CNI_CONTAINERID",
    "CNI_CONTAINERID,-x,CNI_CONTAINERID",
    "CNI_CONTAINERID,a b,CNI_CONTAINERID",
    "CNI_NETNS,'',ADD needs CNI_NETNS",
    "CNI_IFNAME,'',ADD needs CNI_IFNAME",
    "CNI_IFNAME,sixteen-is-long1,longer than 15",
    "CNI_IFNAME,.,CNI_IFNAME",
    "CNI_IFNAME,..,CNI_IFNAME",
    "CNI_IFNAME,a/b,CNI_IFNAME",
    "CNI_IFNAME,a:b,CNI_IFNAME",
    "CNI_IFNAME,eth%d,CNI_IFNAME",
    "CNI_IFNAME,a b,CNI_IFNAME",
    "CNI_IFNAME,ethö,CNI_IFNAME",
    "CNI_ARGS,nonsense,\"nonsense\" is no KEY=VALUE",
    "CNI_ARGS,COLOR=blue,unknown keys [COLOR]",
    "CNI_ARGS,IgnoreUnknown=perhaps,neither true nor false",
    "CNI_ARGS,K8S_POD_NAMESPACE=a b;K8S_POD_NAME=c,no name of a Kubernetes object"
  })
  void aBadVariableIsRefusedByItsName(String name, String value, String words) {
    FakeExchange added = world.add("blue", 1).env(name, value).make();

    assertThat(added.code()).isEqualTo(4);
    assertThat(added.words()).contains(words);
  }

  @Test
  void withoutDescriptorsThereIsNoAdd() {
    assertThat(world.call("ADD").container("blue").make().code()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({"CHECK,0.3.1", "GC,1.0.0", "STATUS,1.0.0", "STATUS,0.4.0"})
  void aVerbThatItsVersionDoesNotHaveIsRefused(String verb, String version) {
    FakeExchange called = world.call(verb).container("blue").pod(1).version(version).make();

    assertThat(called.code()).isEqualTo(1);
    assertThat(called.words()).contains("cniVersion " + version + " has no " + verb);
    assertThat(called.json().path("cniVersion").asText()).isEqualTo(version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.3.1", "1.0.0", "9.9.9"})
  void anErrorEchoesTheVersionWhereItIsOurs(String version) {
    FakeExchange added = world.add("blue", 1).version(version).env("CNI_IFNAME", "").make();

    assertThat(added.json().path("cniVersion").asText())
        .isEqualTo(version.equals("9.9.9") ? "1.1.0" : version);
  }

  @Test
  void versionIsAnsweredWhateverTheConfiguration() {
    FakeExchange requested = world.call("VERSION").stdin("").make();

    assertThat(requested.json().toString())
        .isEqualTo(
            "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}");
  }
}
