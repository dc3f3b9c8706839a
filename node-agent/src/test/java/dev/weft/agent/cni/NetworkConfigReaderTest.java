// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NetworkConfigReaderTest {
  private final NetworkConfigReader reader = new NetworkConfigReader();

  @Test
  void equalBytesAreParsedOnce() throws Exception {
    NetworkConfig first = reader.read(config("weft", ""));

    assertThat(reader.read(config("weft", ""))).isSameAs(first);
    assertThat(reader.read(config("other", "")).network()).isEqualTo("other");
    assertThat(reader.read(config("weft", ""))).isEqualTo(first).isNotSameAs(first);
  }

  @Test
  void whatOneCallAloneHasIsNotKept() throws Exception {
    byte[] chained = config("weft", ",\"prevResult\":{}");
    byte[] large = config("weft", ",\"dns\":{\"domain\":\"" + "x".repeat(16384) + "\"}");

    assertThat(reader.read(chained)).isNotSameAs(reader.read(chained));
    assertThat(reader.read(large)).isNotSameAs(reader.read(large));
  }

  @Test
  void aBadConfigurationIsRefusedEachTime() {
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> reader.read(config("", ""))).isInstanceOf(CniException.class);
    }
  }

  private static byte[] config(String network, String more) {
    return "{\"cniVersion\":\"1.0.0\",\"name\":\"%s\",\"type\":\"weft\"%s}"
        .formatted(network, more)
        .getBytes(StandardCharsets.UTF_8);
  }
}
