// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.node.AttachmentKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CHECK sees whatever is missing of a pod's network, in the pod and on the node. */
@Tag("kernel")
class CheckVerbKernelTest {
  private static final String PORT = new AttachmentKey("blue", "eth0").hostVeth();

  private AddPath addPath;
  private JsonNode result;

  @BeforeEach
  void add() throws Exception {
    addPath = new AddPath("10.244.1.0/24", "fd00:244:0:1::/64");
    addPath.newPod("blue");
    result = addPath.add("blue").make().json();
    assertThat(addPath.check("blue", result).make()).isEqualTo(new Outcome(0, ""));
  }

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "link del eth0|" + "there is no link",
        "link set eth0 down|eth0",
        "link set eth0 mtu 1400|MTU 1400",
        "addr del 10.244.1.2/24 dev eth0|10.244.1.2/24",
        "addr del fd00:244:0:1::2/64 dev eth0|fd00:244:0:1::2/64",
        "-4 route del default|0.0.0.0/0",
        "-6 route del default|::/0",
        "neigh del 10.244.1.1 dev eth0|neighbour entry for 10.244.1.1"
      })
  void whatIsMissingInThePodIsNamed(String change, String words) throws Exception {
    addPath.ipIn("blue", change);

    Outcome checked = addPath.check("blue", result).make();

    assertThat(checked.code()).isEqualTo(102);
    assertThat(checked.output()).contains(words);
  }

  @ParameterizedTest
  @CsvSource({
    "link set PORT down,PORT",
    "link set PORT nomaster,PORT",
    "route del 10.244.1.2/32 proto 87,no route to 10.244.1.2",
    "neigh del fd00:244:0:1::2 dev v-net-0,neighbour entry for fd00:244:0:1::2"
  })
  void whatIsMissingOnTheNodeIsNamed(String change, String words) throws Exception {
    addPath.ip(change.replace("PORT", PORT));

    Outcome checked = addPath.check("blue", result).make();

    assertThat(checked.code()).isEqualTo(102);
    assertThat(checked.output()).contains(words.replace("PORT", PORT));
  }

  @Test
  void anotherContainerIsUnknown() throws Exception {
    Outcome checked = addPath.check("blue", result).env("CNI_CONTAINERID", "green").make();

    assertThat(checked.code()).isEqualTo(3);
  }

  @Test
  void aLaterPluginMayHaveLoweredTheMtu() throws Exception {
    addPath.ipIn("blue", "link set eth0 mtu 1400");
    String mtu = "\"mtu\":1500";
    assertThat(result.toString()).contains(mtu);

    JsonNode lowered = Json.read(result.toString().replace(mtu, "\"mtu\":1400").getBytes());
    assertThat(addPath.check("blue", lowered).make()).isEqualTo(new Outcome(0, ""));

    JsonNode older = Json.read(result.toString().replace("," + mtu, "").getBytes());
    assertThat(older.toString()).doesNotContain(mtu);
    assertThat(addPath.check("blue", older).make()).isEqualTo(new Outcome(0, ""));
    addPath.ipIn("blue", "link set eth0 mtu 1600");
    assertThat(addPath.check("blue", older).make().output()).contains("MTU 1600, its host end");
  }

  @Test
  void aLaterPluginMayHaveMovedTheRoutesToAnotherTable() throws Exception {
    for (String family : new String[] {"-4", "-6"}) {
      String gateway = family.equals("-4") ? "10.244.1.1" : "fd00:244:0:1::1";
      addPath.ipIn("blue", family + " route add " + gateway + " dev eth0 table 100");
      addPath.ipIn("blue", family + " route add default via " + gateway + " dev eth0 table 100");
      addPath.ipIn("blue", family + " route del default");
      addPath.ipIn("blue", family + " route del " + gateway);
    }

    assertThat(addPath.check("blue", result).make()).isEqualTo(new Outcome(0, ""));
  }

  @Test
  void laterPluginsMayHaveAdded() throws Exception {
    JsonNode chained =
        Json.read(
            result
                .toString()
                .replace("\"interfaces\":[", "\"interfaces\":[{\"name\":\"ifb0\"},")
                .replace("\"routes\":[", "\"routes\":[{\"dst\":\"192.0.2.0/24\"},")
                .getBytes());
    addPath.ipIn("blue", "route add 192.0.2.0/24 via 10.244.1.1");

    assertThat(addPath.check("blue", chained).make()).isEqualTo(new Outcome(0, ""));
  }
}
