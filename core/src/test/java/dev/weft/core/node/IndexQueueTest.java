// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class IndexQueueTest {
  private static final int BOUND = 8;

  @Property
  void keepsItsMembersInTheOrderInWhichTheyWereAppendedEachOnce(
      @ForAll @Size(max = 60) List<@IntRange(min = -7, max = 7) Integer> steps) {
    IndexQueue queue = new IndexQueue(BOUND);
    LinkedHashSet<Integer> model = new LinkedHashSet<>();
    for (int step : steps) {
      if (step > 0) {
        queue.append(step);
        model.add(step);
      } else if (step < 0) {
        queue.remove(-step);
        model.remove(-step);
      }
      assertThat(queue.size()).isEqualTo(model.size());
      assertThat(queue.first()).isEqualTo(model.stream().findFirst().orElse(0));
      for (int index = 0; index < BOUND; index++) {
        assertThat(queue.contains(index)).isEqualTo(model.contains(index));
      }
    }
    for (int first = queue.first(); first != 0; first = queue.first()) {
      assertThat(first).isEqualTo(model.iterator().next());
      queue.remove(first);
      model.remove(first);
    }
    assertThat(model).isEmpty();
  }

  @Test
  void numbersOutsideItsBoundAreNoMembers() {
    IndexQueue queue = new IndexQueue(BOUND);
    queue.append(1);
    assertThat(queue.contains(0)).isFalse();
    assertThat(queue.contains(-1)).isFalse();
    assertThat(queue.contains(BOUND)).isFalse();
  }
}
