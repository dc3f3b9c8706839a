// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TablesTest {
  @ParameterizedTest
  @CsvSource({
    "PT-5S,0s", "PT0S,0s", "PT119S,119s", "PT2M,2m", "PT2M5S,2m5s", "PT9M59S,9m59s", "PT10M5S,10m",
    "PT2H59M,179m", "PT3H,3h", "PT3H20M,3h20m", "PT8H20M,8h", "PT47H,47h", "PT48H,2d", "P400D,400d"
  })
  void writesAgesAsKubectlDoes(Duration age, String text) {
    assertThat(Tables.human(age)).isEqualTo(text);
  }
}
