// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 8",
    "10.0.0.0/16, 30",
    "fd00:1::/48, 64",
    "fd00:1::/64, 64",
    "fd00:1::/64, 126",
    "2000::/3, 65"
  })
  void aBlockHasRoomForAPodAndIsNoLargerThanItsPool(String cidr, int blockLength) {
    assertThat(BlockLayout.parse(cidr, blockLength, List.of()).blockLength())
        .isEqualTo(blockLength);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 7, 'nodePrefixLength 7: an IPV4 block has a prefix of 8 to 30 bits'",
    "10.0.0.0/8, 31, 'nodePrefixLength 31: an IPV4 block has a prefix of 8 to 30 bits'",
    "fd00:1::/48, 63, 'nodePrefixLength 63: an IPV6 block has a prefix of 64 to 126 bits'",
    "fd00:1::/48, 127, 'nodePrefixLength 127: an IPV6 block has a prefix of 64 to 126 bits'",
    "10.0.0.0/25, 24, cidr 10.0.0.0/25 is smaller than one block (/24)",
    "2000::/3, 66, cidr 2000::/3 has more than 2^62 blocks of /66"
  })
  void aBlockOfAnotherSizeIsRefusedWithTheBounds(String cidr, int blockLength, String reason) {
    assertThatThrownBy(() -> BlockLayout.parse(cidr, blockLength, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.0/16, 24", "fd00:1::/48, 64"})
  void aBlocksLengthIsThatOfItsFamilyUnlessItIsDeclared(String cidr, int blockLength) {
    assertThat(BlockLayout.parse(cidr, null, List.of()).blockLength()).isEqualTo(blockLength);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/16, 10.0.0.0/24;10.0.200.0/25",
    "10.0.0.0/17, 10.0.0.0/24",
    "10.0.0.0/23, 10.0.0.0/24",
    "10.0.0.0/25, 10.0.0.0/25",
    "10.0.200.0/24, 10.0.200.0/25",
    "10.0.64.0/18, ''",
  })
  void aPartOfThePoolHasTheSameBlocksAndWhatOfItIsReserved(String part, String reserved) {
    BlockLayout layout =
        BlockLayout.parse("10.0.0.0/16", 26, List.of("10.0.0.0/24", "10.0.200.0/25"));
    BlockLayout within = layout.within(Cidr.parse(part));
    List<Cidr> inside =
        reserved.isEmpty() ? List.of() : Stream.of(reserved.split(";")).map(Cidr::parse).toList();
    assertThat(within).isEqualTo(new BlockLayout(Cidr.parse(part), 26, inside));
  }

  @Test
  void aBlockOfAPoolHasItsSizeAndLiesInIt() {
    BlockLayout layout = BlockLayout.parse("10.0.0.0/16", 26, List.of());
    assertThat(layout.has(Cidr.parse("10.0.0.64/26"))).isTrue();
    assertThat(layout.has(Cidr.parse("10.0.0.0/25"))).isFalse();
    assertThat(layout.has(Cidr.parse("10.1.0.0/26"))).isFalse();
  }

  @Test
  void aReservedRangeOutsideThePoolIsRefused() {
    assertThatThrownBy(() -> BlockLayout.parse("10.0.0.0/16", 24, List.of("10.1.0.0/24")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("reserved 10.1.0.0/24 lies outside cidr 10.0.0.0/16; correct or remove it");
  }
}
