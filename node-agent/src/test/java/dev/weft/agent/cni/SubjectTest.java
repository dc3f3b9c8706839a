// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SubjectTest {
  @Test
  void itNamesVerbPodContainerAndInterface() {
    assertThat(
            subject(
                Map.of(
                    "CNI_COMMAND", "ADD",
                    "CNI_CONTAINERID", "c1",
                    "CNI_IFNAME", "eth0",
                    "CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;X=y")))
        .isEqualTo("ADD shop/web-0 c1 eth0");
  }

  @Test
  void whatAClientMakesUpCannotForgeALine() {
    assertThat(
            subject(
                Map.of(
                    "CNI_COMMAND", "HELLO",
                    "CNI_CONTAINERID", "c1\n2026 INFO all is well",
                    "CNI_ARGS", "nonsense",
                    "CNI_IFNAME", "x".repeat(1000))))
        .isEqualTo("unknown c1?2026?INFO?all?is?well " + "x".repeat(200));
  }

  private static String subject(Map<String, String> environment) {
    return Subject.of(new FakeExchange(new CniRequest(environment, new byte[0]), Optional.empty()));
  }
}
