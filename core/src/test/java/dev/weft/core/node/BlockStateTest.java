// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockStateTest {
  @ParameterizedTest
  @EnumSource
  void onlyAnActiveBlockAllocatesAndOneThatTheKernelDoesNotServeHasAReason(BlockState state) {
    OwnBlock block = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of()).with(state, "why");
    assertThat(block.isAllocatable()).isEqualTo(state == BlockState.ACTIVE);
    if (state.isProgrammed()) {
      assertThat(block.blocker()).isEmpty();
    } else {
      assertThat(block.blocker()).contains(new Blocker(state.reason(), "why"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aReasonIsOneWordInCamelCase(BlockState state) {
    assertThat(state.reason()).matches("([A-Z][a-z]+)+");
  }

  @Test
  void aBlockThatIsLostIsNotProgrammed() {
    assertThat(BlockState.values())
        .filteredOn(BlockState::isLost)
        .containsExactlyInAnyOrder(
            BlockState.RELEASING, BlockState.DELETED, BlockState.GIVEN_BACK, BlockState.OTHER_NODE)
        .noneMatch(BlockState::isProgrammed);
    assertThat(BlockState.values())
        .filteredOn(BlockState::isProgrammed)
        .containsExactlyInAnyOrder(
            BlockState.ACTIVE, BlockState.DRAINING, BlockState.UNUSABLE_RANGE);
  }
}
