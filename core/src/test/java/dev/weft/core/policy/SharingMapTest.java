// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SharingMapTest {
  @Property(tries = 200)
  void itIsAsAMapThatChangesAndNoneOfItsCopiesDoes(
      @ForAll @Size(max = 400) List<@IntRange(min = -60, max = 60) Integer> changes) {
    Map<Integer, Integer> model = new HashMap<>();
    SharingMap<Integer, Integer> map = SharingMap.empty();
    SharingMap<Integer, Integer> halfWay = map;
    Map<Integer, Integer> halfWayModel = Map.of();
    for (int i = 0; i < changes.size(); i++) {
      int key = Math.abs(changes.get(i));
      if (changes.get(i) < 0) {
        model.remove(key);
        map = map.without(key);
      } else {
        model.put(key, i);
        map = map.with(key, i);
      }
      if (i == changes.size() / 2) {
        halfWay = map;
        halfWayModel = Map.copyOf(model);
      }
    }
    assertThat(map.equals(model)).isTrue();
    assertThat(Map.copyOf(map)).isEqualTo(model);
    assertThat(SharingMap.of(model).equals(map)).isTrue();
    assertThat(Map.copyOf(halfWay)).isEqualTo(halfWayModel);
    Set<Integer> only = new HashSet<>(model.keySet());
    only.removeAll(halfWayModel.keySet());
    assertThat(SharingMap.onlyIn(map.keySet(), halfWay.keySet())).isEqualTo(only);
    assertThat(SharingMap.onlyIn(model.keySet(), halfWay.keySet())).isEqualTo(only);
  }

  @Test
  void itGrowsAndShrinks() {
    SharingMap<Integer, String> map = SharingMap.empty();
    for (int i = 0; i < 10_000; i++) {
      map = map.with(i, "v");
    }
    assertThat(map).hasSize(10_000).containsEntry(9_999, "v");
    for (int i = 1; i < 10_000; i++) {
      map = map.without(i);
    }
    assertThat(Map.copyOf(map)).isEqualTo(Map.of(0, "v"));
    assertThat(map.without(0)).isSameAs(SharingMap.empty());
  }

  @Test
  void aChangeThatIsNoneReturnsTheSame() {
    SharingMap<String, String> map = SharingMap.<String, String>empty().with("a", "1");
    assertThat(map.with("a", "1")).isSameAs(map);
    assertThat(map.without("b")).isSameAs(map);
    assertThat(SharingMap.copyOf(map)).isSameAs(map);
  }
}
