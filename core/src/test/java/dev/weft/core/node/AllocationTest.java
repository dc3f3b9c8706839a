// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class AllocationTest {
  private static final AllocationMaker UNTOLD = peer("10.244.2.0/24", "node2", "uid2");
  private static final AllocationMaker AT_12 = UNTOLD.at("192.168.1.12");

  @Test
  void aPeerIsReachedAsBeforeWhileNodeBlockEndpointAndReleaseAreTheSame() {
    assertIsLike(AT_12, true);
    assertIsLike(AT_12.createdAt(Instant.MAX).on(new Machine("system", "boot")), true);
    assertIsLike(peer("10.244.2.0/24", "node2", "uid3").at("192.168.1.12"), true);
    assertIsLike(peer("10.244.2.0/24", "node3", "uid2").at("192.168.1.12"), false);
    assertIsLike(peer("10.244.3.0/24", "node2", "uid2").at("192.168.1.12"), false);
    assertIsLike(AT_12.at("192.168.1.13"), false);
    assertIsLike(AT_12.releasing(), false);
  }

  @Test
  void oneWithoutAnEndpointHasThatOfTheSameBlockOfTheSameNode() {
    assertThat(UNTOLD.made().orEndpointOf(AT_12.made())).isEqualTo(AT_12.made());
    assertThat(AT_12.made().orEndpointOf(AT_12.at("192.168.1.13").made())).isEqualTo(AT_12.made());
    assertKeepsNone(peer("10.244.2.0/24", "node3", "uid2"));
    assertThat(peer("10.244.2.0/24", "node2", "uid3").made().orEndpointOf(AT_12.made()))
        .as("of a Node that was registered again")
        .isEqualTo(peer("10.244.2.0/24", "node2", "uid3").at("192.168.1.12").made());
    assertKeepsNone(peer("10.244.3.0/24", "node2", "uid2"));
  }

  private static void assertIsLike(AllocationMaker other, boolean like) {
    assertThat(AT_12.made().isLike(other.made())).isEqualTo(like);
  }

  private static void assertKeepsNone(AllocationMaker another) {
    assertThat(another.made().orEndpointOf(AT_12.made())).isEqualTo(another.made());
  }

  private static AllocationMaker peer(String cidr, String node, String uid) {
    return AllocationMaker.of(cidr, node, uid);
  }
}
