// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorTest {
  @ParameterizedTest
  @CsvSource({
    "IN, a, true",
    "IN, c, false",
    "IN, , false",
    "NOT_IN, a, false",
    "NOT_IN, c, true",
    "NOT_IN, , true",
    "EXISTS, c, true",
    "EXISTS, , false",
    "DOES_NOT_EXIST, c, false",
    "DOES_NOT_EXIST, , true",
  })
  void requirementsMeanWhatKubernetesSays(
      Selector.Operator operator, String value, boolean matches) {
    Selector selector =
        new Selector(
            Map.of(), List.of(new Selector.Requirement("zone", operator, List.of("a", "b"))));
    Map<String, String> labels = value == null ? Map.of("x", "y") : Map.of("zone", value);
    assertThat(selector.matches(labels)).isEqualTo(matches);
  }

  @Test
  void operatorsAreReadAsKubernetesWritesThem() {
    assertThat(List.of("In", "NotIn", "Exists", "DoesNotExist", "Gt", ""))
        .extracting(Selector.Operator::of)
        .containsExactly(
            Optional.of(Selector.Operator.IN),
            Optional.of(Selector.Operator.NOT_IN),
            Optional.of(Selector.Operator.EXISTS),
            Optional.of(Selector.Operator.DOES_NOT_EXIST),
            Optional.empty(),
            Optional.empty());
    assertThat(Selector.Operator.of(null)).isEmpty();
  }

  @Test
  void everyPartMustHold() {
    Selector selector =
        new Selector(
            Map.of("a", "1"),
            List.of(new Selector.Requirement("b", Selector.Operator.EXISTS, List.of())));
    assertThat(selector.matches(Map.of("a", "1", "b", ""))).isTrue();
    assertThat(selector.matches(Map.of("a", "1"))).isFalse();
    assertThat(selector.matches(Map.of("b", ""))).isFalse();
    assertThat(Selector.ALL.matches(Map.of())).isTrue();
  }
}
