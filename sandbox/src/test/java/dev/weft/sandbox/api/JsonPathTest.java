// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonPathTest {
  private static final String POOL =
      "{spec: {cidr: c}, status: {ips: [x, y], conditions: [{type: A, status: a}, {type: Ready, status: r}]}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ".spec.cidr | c",
        ".status.ips[1] | y",
        ".status.ips[*] | x",
        ".status.conditions[?(@.type==\"Ready\")].status | r",
        ".status.conditions[?(@.type=='Gone')].status | ''",
        ".status.none.at.all | ''",
      })
  void finds(String path, String expected) {
    assertThat(JsonPath.parse(path).find(Json.read(POOL, true)).asText()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"spec", ".spec..x", ".a[", ".a[?(@.b>1)]", "{.a}"})
  void refusesWhatItDoesNotUnderstand(String path) {
    assertThatThrownBy(() -> JsonPath.parse(path)).hasMessageContaining(path);
  }
}
