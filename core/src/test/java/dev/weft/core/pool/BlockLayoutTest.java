// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlockLayoutTest {
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0/0, 0.0.0.0/8",
    "0.1.0.0/16, 0.0.0.0/8",
    "126.0.0.0/7, 127.0.0.0/8",
    "127.0.0.0/16, 127.0.0.0/8",
    "169.254.8.0/24, 169.254.0.0/16",
    "224.0.0.0/16, 224.0.0.0/4",
    "240.0.0.0/8, 240.0.0.0/4",
    "255.255.255.0/24, 240.0.0.0/4",
    "::/8, ::/8",
    "64:ff9b::/64, ::/8",
    "fe80::/64, fe80::/10",
    "ff02::/64, ff00::/8"
  })
  void aRangeThatCanNeverBePodsIsRefusedAndNamed(String cidr, String special) {
    assertThatThrownBy(() -> BlockLayout.parse(cidr, null, List.of()))
        .hasMessageContaining(cidr)
        .hasMessageContaining("overlaps %s, which can never be pods'".formatted(special));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0.0.0/8",
        "126.0.0.0/8",
        "128.0.0.0/3",
        "223.255.0.0/16",
        "fc00::/7",
        "fec0::/10"
      })
  void itsNeighboursAreNot(String cidr) {
    assertThat(BlockLayout.parse(cidr, null, List.of()).cidr()).hasToString(cidr);
  }
}
