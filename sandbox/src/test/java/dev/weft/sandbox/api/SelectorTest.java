// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorTest {
  private static final JsonNode NODE =
      Json.read(
          "{metadata: {name: n1, labels: {colour: blue, size: ''}}, spec: {nodeName: a}}", true);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "colour=blue | true",
        "colour==blue | true",
        "colour=green | false",
        "colour!=green | true",
        "shape!=round | true",
        "colour in (blue, green) | true",
        "colour in (green),size | false",
        "colour notin (green,red) | true",
        "shape notin (round) | true",
        "size | true",
        "shape | false",
        "!shape | true",
        "!colour | false",
        "colour=blue,!shape | true",
        "weft.dev/x-y_z!=1 | true",
      })
  void matchesLabels(String selector, boolean expected) {
    assertThat(Selector.labels(selector).test(NODE)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "metadata.name=n1 | true",
        "metadata.name=n2 | false",
        "spec.nodeName=a,metadata.name=n1 | true",
        "status.phase!=Failed | true",
      })
  void matchesFields(String selector, boolean expected) {
    assertThat(Selector.fields(selector, key -> true).test(NODE)).isEqualTo(expected);
  }

  @Test
  void nothingAskedIsEverything() {
    assertThat(Selector.labels(null).test(NODE)).isTrue();
    assertThat(Selector.fields("", key -> false).test(NODE)).isTrue();
  }

  @Test
  void refusesAFieldThatCannotBeSelectedBy() {
    assertThatThrownBy(() -> Selector.fields("spec.cidr=x", key -> false))
        .hasMessage("field label not supported: spec.cidr");
  }

  @Test
  void refusesWhatItDoesNotUnderstand() {
    assertThatThrownBy(() -> Selector.labels("a in b")).hasMessageContaining("a in b");
  }
}
