// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class EventMemoryTest {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final EventSubject BLUE = about("blue", "no free address");

  private final EventMemory memory = new EventMemory(0xabc);

  @Test
  void a_repetition_raises_the_count_of_the_same_event_once_a_minute() {
    long start = Long.MAX_VALUE - 1; // a time that overflows meanwhile
    assertThat(memory.happened(BLUE, start)).contains(new EventWrite("blue.abc", 1, false));
    assertThat(memory.happened(BLUE, start + 1)).isEmpty();
    assertThat(memory.happened(BLUE, start + MINUTE - 1)).isEmpty();
    assertThat(memory.happened(BLUE, start + MINUTE)).contains(new EventWrite("blue.abc", 4, true));
    assertThat(memory.happened(BLUE, start + MINUTE + 1)).isEmpty();
  }

  @Test
  void another_object_or_message_is_another_event() {
    memory.happened(BLUE, 0);
    assertThat(memory.happened(about("green", "no free address"), 0))
        .contains(new EventWrite("green.abd", 1, false));
    assertThat(memory.happened(about("blue", "no block"), 0))
        .contains(new EventWrite("blue.abe", 1, false));
  }

  @Test
  void one_that_the_server_has_no_more_is_written_anew_with_its_count() {
    memory.happened(BLUE, 0);
    EventWrite repeated = memory.happened(BLUE, MINUTE).orElseThrow();

    assertThat(memory.again(BLUE, repeated)).isEqualTo(new EventWrite("blue.abd", 2, false));
    assertThat(memory.happened(BLUE, 2 * MINUTE)).contains(new EventWrite("blue.abd", 3, true));
  }

  @Test
  void names_have_253_characters_at_most_and_stay_dns_subdomains() {
    String object = "a".repeat(235) + "-." + "b".repeat(16);
    String name = new EventMemory(-1).happened(about(object, "full"), 0).orElseThrow().name();

    assertThat(name)
        .isEqualTo("a".repeat(235) + ".ffffffffffffffff")
        .hasSizeLessThanOrEqualTo(EventMemory.MAX_NAME);
    assertThat(new EventMemory(-1).happened(about("c".repeat(253), "full"), 0).orElseThrow().name())
        .hasSize(EventMemory.MAX_NAME);
  }

  @Test
  void an_object_whose_name_has_no_letter_or_digit_has_an_event_too() {
    assertThat(memory.happened(about("", "full"), 0)).contains(new EventWrite(".abc", 1, false));
    assertThat(memory.happened(about("--", "full"), 0)).contains(new EventWrite(".abd", 1, false));
  }

  @Test
  void it_forgets_the_one_that_happened_longest_ago() {
    memory.happened(BLUE, 0);
    for (int i = 0; i < 511; i++) {
      memory.happened(about("pod-" + i, "full"), 0);
    }
    assertThat(memory.happened(BLUE, 0)).isEmpty();
    memory.happened(about("one-more", "full"), 0);

    assertThat(memory.happened(BLUE, 0)).isEmpty();
    assertThat(memory.happened(about("pod-0", "full"), 0)).isPresent();
  }

  private static EventSubject about(String pod, String message) {
    return new EventSubject("Pod", "shop", pod, "u-" + pod, "NoFreeAddress", message);
  }
}
