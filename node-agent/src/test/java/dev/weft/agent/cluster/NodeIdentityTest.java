// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeIdentityTest {
  /** The claims of a token as the API server of Kubernetes 1.32 makes it for a pod. */
  private static final String CLAIMS =
      """
      {"aud":["https://kubernetes.default.svc.cluster.local"],"exp":1796000000,"iat":1764464000,
       "iss":"https://kubernetes.default.svc.cluster.local","jti":"0a0c6bcb-2b2c-4f5b-9d0f-5d5a5b3e7c11",
       "kubernetes.io":{"namespace":"weft-system",
        "node":{"name":"node1","uid":"4f0e2b1c-8f7a-4a86-9a36-3f5f3bd0c6d1"},
        "pod":{"name":"weft-agent-x2x4k","uid":"b8a9b0c4-35c2-4d38-8a0e-0e2b1f3f1c55"},
        "serviceaccount":{"name":"weft-agent","uid":"7ad1a3c2-0d5f-47f2-8d0a-6d1f0b0c7e21"},
        "warnafter":1764467607},
       "nbf":1764464000,"sub":"system:serviceaccount:weft-system:weft-agent"}
      """;

  @TempDir Path folder;

  @Test
  void the_token_of_a_pod_names_its_node() throws Exception {
    assertThat(uid(token(CLAIMS))).contains("4f0e2b1c-8f7a-4a86-9a36-3f5f3bd0c6d1");
  }

  @Test
  void a_token_of_another_node_or_of_none_tells_nothing() throws Exception {
    assertThat(uid(token(CLAIMS.replace("node1", "node2")))).isEmpty();
    assertThat(uid(token("{\"sub\":\"system:serviceaccount:weft-system:weft-agent\"}"))).isEmpty();
    assertThat(uid(folder.resolve("none"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ".", "..", "a.b.c", "a.!!!.c", "no token", "a.e30", "a.W10.c", "a.bnVsbA.c"})
  void a_token_that_is_none_tells_nothing(String text) throws Exception {
    assertThat(uid(Files.writeString(folder.resolve("token"), text))).isEmpty();
  }

  @Test
  void what_somebody_says_comes_before_the_token_and_the_boot_id_is_the_kernels() throws Exception {
    NodeIdentity identity = NodeIdentity.read("node1", Optional.of("uid1"));

    assertThat(identity.nodeUid()).isEqualTo("uid1");
    assertThat(identity.bootId())
        .isEqualTo(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).trim());
    assertThat(identity.isKnown()).isTrue();
  }

  private static Optional<String> uid(Path token) {
    return NodeIdentity.uidInToken(token, "node1");
  }

  private Path token(String claims) throws Exception {
    String payload =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8));
    return Files.writeString(
        folder.resolve("token"), "eyJhbGciOiJSUzI1NiJ9." + payload + ".c2ln\n");
  }
}
