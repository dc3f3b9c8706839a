// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.NodeState;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever a runtime gets wrong: a CNI error object with words, and nothing has changed. */
@Tag("kernel")
class BadInputKernelTest {
  private AddPath addPath;
  private NodeState before;

  @BeforeEach
  void start() throws Exception {
    addPath = new AddPath("10.244.1.0/30");
    addPath.newPod("blue");
    before = addPath.state();
  }

  @AfterEach
  void nothingHasChanged() throws Exception {
    assertThat(addPath.state()).isEqualTo(before);
    assertThat(addPath.inUse()).isEmpty();
    addPath.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|6|empty",
        "no json|6|JSON",
        "'{\"cniVersion\":\"1.0.0\"'|6|JSON",
        "'{\"cniVersion\":\"9.9.9\",\"name\":\"weft\"}'|1|9.9.9",
        "'{\"name\":\"weft\"}'|1|supported",
        "'{\"cniVersion\":\"1.0.0\"}'|7|name"
      })
  void aBadConfiguration(String stdin, int code, String words) throws Exception {
    refused(addPath.add("blue").stdin(stdin), code, words);
  }

  @Test
  void aConfigurationOfAMegabyteAndMore() throws Exception {
    String start = "{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"x\":\"";
    refused(addPath.add("blue").stdin(start + "x".repeat(1 << 20) + "\"}"), 7, "too long");
  }

  @Test
  void aConfigurationOfAMegabyteThatIsWellIsTaken() throws Exception {
    String start = "{\"cniVersion\":\"1.0.0\",\"name\":\"weft\",\"x\":\"";
    String stdin = start + "x".repeat((1 << 20) - start.length() - 2) + "\"}";

    assertThat(addPath.add("blue").stdin(stdin).make().addresses())
        .containsExactly("10.244.1.2/30");
    assertThat(addPath.del("blue").make().succeeded()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "CNI_COMMAND,HELLO,4,HELLO",
    "CNI_COMMAND,'',4,CNI_COMMAND",
    "CNI_CONTAINERID,'',4,CNI_CONTAINERID",
    "CNI_CONTAINERID,../../x,4,CNI_CONTAINERID",
    "CNI_IFNAME,'',4,CNI_IFNAME",
    "CNI_IFNAME,sixteen-is-long1,4,CNI_IFNAME",
    "CNI_IFNAME,a/b,4,CNI_IFNAME",
    "CNI_NETNS,'',4,CNI_NETNS",
    "CNI_NETNS,/run/netns/none,3,/run/netns/none",
    "CNI_NETNS,/etc/passwd,3,/etc/passwd",
    "CNI_NETNS,/proc/self/ns/net,4,node's own",
    "CNI_NETNS,/proc/self/ns/mnt,3,/proc/self/ns/mnt",
    "CNI_ARGS,nonsense,4,CNI_ARGS",
    "CNI_ARGS,COLOR=blue,4,COLOR"
  })
  void aBadVariable(String name, String value, int code, String words) throws Exception {
    refused(addPath.add("blue").env(name, value), code, words);
  }

  @Test
  void aFullBlockFailsTheAddWithAnEventAndNotTheStatus() throws Exception {
    addPath.newPod("green");
    addPath.add("blue").make();

    refused(
        addPath.add("green").env("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=green"),
        11,
        "no free address in 10.244.1.0/30");

    assertThat(addPath.events).containsExactly("shop/green NoFreeAddress");
    assertThat(addPath.call("STATUS").make()).isEqualTo(new Outcome(0, ""));
    addPath.del("blue").make();
  }

  @Test
  void aSocketThatIsNoSocket() throws Exception {
    addPath.stopAgent();
    Files.writeString(Path.of("/run/weft/cni.sock"), "");
    Outcome added = addPath.add("blue").make();
    Files.delete(Path.of("/run/weft/cni.sock"));
    addPath.startAgent();

    assertThat(added.code()).isEqualTo(11);
  }

  private static void refused(AddPath.Call call, int code, String words) throws Exception {
    Outcome outcome = call.make();

    assertThat(outcome.code()).as(outcome.output()).isEqualTo(code);
    assertThat(outcome.exitCode()).isOne();
    assertThat(outcome.json().path("cniVersion").asText()).isNotEmpty();
    assertThat(outcome.output()).contains(words);
  }
}
