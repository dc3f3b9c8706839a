// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.MacAddress;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NodeStateTest {
  private static final Bridge BRIDGE = new Bridge(MacAddress.BRIDGE, 1500, true);
  private static final NodeState STATE =
      NodeState.builder()
          .add(Bridge.KIND, BRIDGE)
          .add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN)
          .build();

  @Test
  void twoAreEqualWhereTheyHaveTheSameObjectsOfEachKind() {
    assertThat(STATE)
        .isEqualTo(
            NodeState.builder()
                .add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN)
                .add(Bridge.KIND, BRIDGE)
                .build())
        .hasSameHashCodeAs(
            NodeState.EMPTY
                .with(Bridge.KIND, Set.of(BRIDGE))
                .with(AntiSpoofRules.KIND, Set.of(AntiSpoofRules.WRITTEN)))
        .isNotEqualTo(STATE.with(Bridge.KIND, Set.of(new Bridge(MacAddress.BRIDGE, 1400, true))))
        .isNotEqualTo(STATE.with(AntiSpoofRules.KIND, Set.of()))
        .isNotEqualTo(NodeState.EMPTY);
    assertThat(STATE.with(Bridge.KIND, Set.of()).with(AntiSpoofRules.KIND, Set.of()))
        .isEqualTo(NodeState.EMPTY);
  }

  @Test
  void itsTextNamesItsObjectsByKind() {
    assertThat(STATE.with(AntiSpoofRules.KIND, Set.of()))
        .hasToString("{bridge=[%s]}".formatted(BRIDGE));
  }
}
