// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AttachmentKeyTest {
  private final AttachmentKey key = new AttachmentKey("0123abcd", "eth0");

  @Test
  void isEqualByContainerAndInterface() {
    assertThat(key)
        .isEqualTo(new AttachmentKey("0123abcd", "eth0"))
        .hasSameHashCodeAs(new AttachmentKey("0123abcd", "eth0"))
        .isNotEqualTo(new AttachmentKey("0123abce", "eth0"))
        .isNotEqualTo(new AttachmentKey("0123abcd", "eth1"))
        .isNotEqualTo("0123abcd/eth0");
  }

  @Test
  void isWrittenAsContainerAndInterface() {
    assertThat(key).hasToString("0123abcd/eth0");
    assertThat(key.containerId()).isEqualTo("0123abcd");
    assertThat(key.ifName()).isEqualTo("eth0");
  }

  @Test
  void keysOfANodesPodsDoNotCollideInAHashTable() {
    assertThat(
            IntStream.range(0, 500)
                .flatMap(
                    i ->
                        IntStream.of(
                            new AttachmentKey("container" + i, "eth0").hashCode(),
                            new AttachmentKey("container" + i, "eth1").hashCode()))
                .distinct()
                .count())
        .isEqualTo(1000);
  }

  /** {@code printf 0123abcd/eth0 | sha256sum}: 2b30002f723. */
  @Test
  void namesItsHostEndByWfAndElevenDigitsOfTheSha256() {
    assertThat(key.hostVeth()).isEqualTo("wf2b30002f723").isSameAs(key.hostVeth());
  }

  /** {@code printf 'x%.0s' $(seq 101) | sha256sum}. */
  @Test
  void anIdOfOver100BytesStandsAsItsSha256() {
    assertThat(new AttachmentKey("x".repeat(100), "eth0").containerId()).isEqualTo("x".repeat(100));
    assertThat(new AttachmentKey("x".repeat(101), "eth0").containerId())
        .isEqualTo("sha256.c675a2e604b0cd1229c036e3ce0c87422980a245e295bbc605a507a2299752db");
    assertThat(new AttachmentKey("é".repeat(51), "eth0").containerId()).startsWith("sha256.");
  }
}
