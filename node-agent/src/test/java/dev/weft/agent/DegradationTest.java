// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.node.Blocker;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DegradationTest {
  @Test
  void nothing_wrong_is_no_degradation() {
    assertThat(Degradation.of(List.of())).isEmpty();
  }

  @Test
  void one_reason_is_the_conditions_and_its_messages_follow_each_other() {
    assertThat(
            Degradation.of(
                List.of(
                    new Blocker("StrictReversePath", "link eth1"),
                    new Blocker("StrictReversePath", "link eth0"))))
        .contains(new Blocker("StrictReversePath", "link eth0; link eth1"));
  }

  @Test
  void several_reasons_are_named_before_their_messages() {
    assertThat(
            Degradation.of(
                List.of(
                    new Blocker("StrictReversePath", "link eth0"),
                    new Blocker("DirectBlocked", "node2"))))
        .contains(
            new Blocker(Degradation.SEVERAL, "DirectBlocked: node2; StrictReversePath: link eth0"));
  }

  @Test
  void of_thousands_of_a_reason_a_few_are_shown_and_the_others_counted() {
    List<Blocker> behindALink =
        IntStream.range(0, 5_000)
            .mapToObj(i -> new Blocker(Blocker.NEXT_HOP_NOT_ON_LINK, "node" + i))
            .toList();
    assertThat(Degradation.of(behindALink))
        .contains(
            new Blocker(
                Blocker.NEXT_HOP_NOT_ON_LINK, "node0; node1; node10; and 4,997 more of this kind"));
  }
}
