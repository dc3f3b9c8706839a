// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParsersTest {
  @ParameterizedTest
  @CsvSource({
    "0s, PT0S",
    "500ms, PT0.5S",
    "30s, PT30S",
    "10m, PT10M",
    "2h, PT2H",
    "999999999h, PT999999999H"
  })
  void aDurationIsANumberWithAUnit(String text, Duration duration) {
    assertThat(Parsers.DURATION.apply(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "30", "s", "-1s", "1.5s", "1d", "30 s", "1m30s", "9999999999h"})
  void anotherFormIsNoDuration(String text) {
    assertThatThrownBy(() -> Parsers.DURATION.apply(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("must be a number with a unit: 500ms, 30s, 10m or 2h");
  }

  @Test
  void bothBoundsOfAWholeNumberAreAllowed() {
    Function<String, Integer> port = Parsers.integer(1, 65535);
    assertThat(port.apply("1")).isEqualTo(1);
    assertThat(port.apply("65535")).isEqualTo(65535);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65536", "-1", "", "http", "99999999999"})
  void anotherNumberIsRefusedWithTheBounds(String text) {
    assertThatThrownBy(() -> Parsers.integer(1, 65535).apply(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("must be a whole number from 1 to 65535");
  }

  @Test
  void textIsKeptAndNotBlank() {
    assertThat(Parsers.TEXT.apply("node 1")).isEqualTo("node 1");
    assertThatThrownBy(() -> Parsers.TEXT.apply(" ")).hasMessage("must not be empty");
  }

  @Test
  void aBooleanIsTrueOrFalse() {
    assertThat(Parsers.BOOLEAN.apply("true")).isTrue();
    assertThat(Parsers.BOOLEAN.apply("false")).isFalse();
    assertThatThrownBy(() -> Parsers.BOOLEAN.apply("yes")).hasMessage("must be true or false");
  }

  @Test
  void cidrsHaveCommasBetweenThem() {
    assertThat(Parsers.CIDRS.apply("")).isEmpty();
    assertThat(Parsers.CIDRS.apply("10.96.0.0/12,fd00:96::/108"))
        .containsExactly(Cidr.parse("10.96.0.0/12"), Cidr.parse("fd00:96::/108"));
  }
}
