// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceNameTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "blue", "web-0", "a.b", "7", "0-a.1"})
  void takesASubdomainAsAPodsName(String name) {
    assertThatCode(() -> ResourceName.requirePod("default", name)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Blue", "a_b", "-a", "a-", ".a", "a.", "a..b", "a b", "ä", "a/b", "a\n"})
  void refusesAPodsNameThatTheApiServerWouldRefuse(String name) {
    assertThatThrownBy(() -> ResourceName.requirePod("default", name))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("\"" + name + "\"")
        .hasMessageContaining("DNS-1123");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "kube.system", "Kube", "-"})
  void refusesANamespaceThatIsNoLabel(String namespace) {
    assertThatThrownBy(() -> ResourceName.requirePod(namespace, "blue"))
        .hasMessageContaining("namespace \"" + namespace + "\"");
  }

  @Test
  void boundsTheLengths() {
    assertThatThrownBy(() -> ResourceName.requirePod("a".repeat(64), "b"))
        .hasMessageContaining("63");
    assertThatThrownBy(() -> ResourceName.requirePod("a", "b".repeat(254)))
        .hasMessageContaining("253");
    assertThatCode(() -> ResourceName.requirePod("a", "b".repeat(253))).doesNotThrowAnyException();
    assertThatThrownBy(() -> ResourceName.requirePod("ab", "b".repeat(253)))
        .hasMessageContaining("254");
  }
}
