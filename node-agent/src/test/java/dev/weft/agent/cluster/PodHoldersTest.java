// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PodHoldersTest {
  private final PodHolders holders = new PodHolders();

  @Test
  void ofTwoWatchesTheNewerVersionCounts() {
    assertThat(holders.hold(0, "shop/a", 7)).isTrue();
    assertThat(holders.hold(1, "shop/a", 6)).isFalse();
    assertThat(holders.hold(1, "shop/a", 7)).isTrue();
    assertThat(holders.release(0, "shop/a")).isFalse();
    assertThat(holders.release(1, "shop/a")).isTrue();
    assertThat(holders.size()).isZero();
  }

  @Test
  void theWatchThatBroughtTheLastIsBelievedAfterARestore() {
    holders.hold(0, "shop/a", 1_000);
    assertThat(holders.hold(0, "shop/a", 500)).isTrue();
    assertThat(holders.hold(0, "shop/a", 501)).isTrue();
    assertThat(holders.hold(1, "shop/a", 500)).isFalse();
  }

  @Test
  void anotherWatchIsBelievedWhenTheOneThatBroughtTheLastHasItNoMore() {
    holders.hold(0, "shop/a", 500);
    holders.hold(1, "shop/a", 1_000);
    assertThat(holders.release(1, "shop/a")).isFalse();
    assertThat(holders.hold(0, "shop/a", 501)).isTrue();
  }

  @Test
  void whatWasRequestedByNameIsNewsOnlyWhereItIsNotOlder() {
    holders.hold(0, "shop/a", 7);
    assertThat(holders.offer(0, "shop/a", 6)).isFalse();
    assertThat(holders.offer(0, "shop/a", 8)).isTrue();
    assertThat(holders.hold(0, "shop/a", 9)).isTrue();
  }
}
