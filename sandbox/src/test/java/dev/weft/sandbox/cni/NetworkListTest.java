// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkListTest {
  @TempDir private Path folder;

  @Test
  void takesTheFirstFileByName() throws Exception {
    Files.writeString(
        folder.resolve("20-b.conflist"),
        "{\"name\":\"b\",\"cniVersion\":\"1.0.0\",\"plugins\":[]}");
    Files.writeString(
        folder.resolve("10-a.conf"), "{\"name\":\"a\",\"cniVersion\":\"0.4.0\",\"type\":\"x\"}");
    Files.writeString(folder.resolve("00-note.txt"), "no configuration");

    NetworkList network = NetworkList.load(folder);

    assertThat(network.name()).isEqualTo("a");
    assertThat(network.plugins())
        .singleElement()
        .satisfies(p -> assertThat(p.path("type").asText()).isEqualTo("x"));
  }

  @Test
  void speaksTheNewestVersionThatIsOffered() throws Exception {
    assertThat(
            list("\"cniVersion\":\"1.0.0\",\"cniVersions\":[\"1.0.0\",\"1.1.0\",\"9.0.0\"]")
                .cniVersion())
        .isEqualTo("1.1.0");
    assertThat(list("\"cniVersion\":\"0.3.1\"").cniVersion()).isEqualTo("0.3.1");
  }

  @Test
  void givesAPluginItsPartAndTheResultBeforeIt() throws Exception {
    NetworkList network = list("\"cniVersion\":\"1.0.0\"");
    JsonNode result = new ObjectMapper().readTree("{\"ips\":[]}");

    assertThat(network.configuration(network.plugins().get(0), result))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    "{\"type\":\"x\",\"name\":\"n\",\"cniVersion\":\"1.0.0\",\"prevResult\":{\"ips\":[]}}"));
  }

  @Test
  void saysWhatToDoWithoutANetwork() {
    assertThatThrownBy(() -> NetworkList.load(folder)).hasMessageContaining("is there an IPPool?");
  }

  private static NetworkList list(String version) throws Exception {
    String plugins = "[{\"type\":\"x\",\"capabilities\":{\"ips\":true}}]";
    return NetworkList.parse(
        new ObjectMapper()
            .readTree("{\"name\":\"n\"," + version + ",\"plugins\":" + plugins + "}"));
  }
}
