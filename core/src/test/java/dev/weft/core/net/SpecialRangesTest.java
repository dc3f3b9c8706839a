// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecialRangesTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.0/16, 127.0.0.0/8",
    "169.254.1.0/24, 169.254.0.0/16",
    "224.0.0.0/3, 224.0.0.0/4",
    "::/0, ::/8",
    "fe80::/64, fe80::/10",
    "fe00::/8, fe80::/10"
  })
  void aRangeThatSharesAnAddressWithThemIsFound(String range, String special) {
    assertThat(SpecialRanges.overlapping(Cidr.parse(range))).contains(Cidr.parse(special));
  }

  @ParameterizedTest
  @CsvSource({"10.244.0.0/16", "100.64.0.0/10", "fd00::/8", "2001:db8::/32"})
  void aPoolsUsualRangeSharesNone(String range) {
    assertThat(SpecialRanges.overlapping(Cidr.parse(range))).isEmpty();
  }
}
