// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FreeBlocksTest {
  private static FreeBlocks of(String cidr, Integer length, String... reserved) {
    return new FreeBlocks(BlockLayout.parse(cidr, length, List.of(reserved)));
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.0.0/16, 24, 10.244.0.0/24, 10.244.1.0/24, 255",
    "10.244.0.0/16, 24, 10.244.0.0/17, 10.244.128.0/24, 128",
    "10.244.0.0/16, 24, 10.244.0.7/32, 10.244.0.0/24, 256",
    "fd00:244::/48, 64, fd00:244::/64, fd00:244:0:1::/64, 65535",
    "fd00:244::/48, 64, fd00:244::/49, fd00:244:0:8000::/64, 32768",
    "fd00:244::/32, 64, fd00:244::/48, fd00:244:1::/64, 4294901760",
    "fd00:244::/64, 112, fd00:244::/112, fd00:244::1:0/112, 281474976710655",
  })
  void lowestBlockIsTheFirstThatIsNotReserved(
      String cidr, int length, String reserved, String lowest, long total) {
    FreeBlocks blocks = of(cidr, length, reserved);
    assertThat(blocks.total()).isEqualTo(total);
    assertThat(blocks.free()).isEqualTo(total);
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse(lowest));
    assertThat(blocks.free()).isEqualTo(total - 1);
  }

  @Test
  void aRangeOfAnotherSizeMakesWhatItOverlapsUnavailable() {
    FreeBlocks blocks = of("10.0.0.0/22", 24);
    blocks.occupy(Cidr.parse("10.0.0.128/25"));
    blocks.occupy(Cidr.parse("10.0.2.0/23"));
    assertThat(blocks.free()).isEqualTo(1);
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse("10.0.1.0/24"));
    assertThat(blocks.takeLowest()).isEmpty();
  }

  @Test
  void aRangeThatHoldsThePoolLeavesNothingAndOneOutsideNothingLess() {
    FreeBlocks blocks = of("10.0.0.0/22", 24);
    blocks.occupy(Cidr.parse("10.1.0.0/16"));
    blocks.occupy(Cidr.parse("fd00::/8"));
    assertThat(blocks.free()).isEqualTo(4);
    blocks.occupy(Cidr.parse("10.0.0.0/8"));
    assertThat(blocks.free()).isZero();
  }

  @Test
  void blocksThatWereJustReleasedAreTakenLastAndTheFirstReleasedFirst() {
    FreeBlocks blocks = of("10.0.0.0/22", 24);
    blocks.occupy(Cidr.parse("10.0.3.0/24"));
    blocks.takeLast(Cidr.parse("10.0.1.0/24"));
    blocks.takeLast(Cidr.parse("10.0.0.0/24"));
    assertThat(blocks.free()).isEqualTo(3);
    assertThat(blocks.total()).isEqualTo(4);
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse("10.0.2.0/24"));
    assertThat(blocks.free()).isEqualTo(2);
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse("10.0.1.0/24"));
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse("10.0.0.0/24"));
    assertThat(blocks.free()).isZero();
    assertThat(blocks.takeLowest()).isEmpty();
  }

  @Test
  void aReleasedBlockThatIsTakenOrOfAnotherSizeOrOutsideChangesNothing() {
    FreeBlocks blocks = of("10.0.0.0/23", 24);
    blocks.occupy(Cidr.parse("10.0.0.0/24"));
    for (String other : List.of("10.0.0.0/24", "10.0.1.0/25", "10.0.0.0/23", "10.9.0.0/24")) {
      blocks.takeLast(Cidr.parse(other));
    }
    assertThat(blocks.free()).isEqualTo(1);
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse("10.0.1.0/24"));
    assertThat(blocks.takeLowest()).isEmpty();
  }

  @Test
  void aReleasedBlockThatIsOccupiedLaterIsNotFree() {
    FreeBlocks blocks = of("10.0.0.0/22", 24);
    for (String block : List.of("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")) {
      blocks.takeLast(Cidr.parse(block));
      blocks.takeLast(Cidr.parse(block));
    }
    blocks.occupy(Cidr.parse("10.0.1.7/32"));
    blocks.occupy(Cidr.parse("10.0.3.0/24"));
    assertThat(blocks.free()).isEqualTo(2);
    blocks.occupy(Cidr.parse("10.0.0.0/23"));
    assertThat(blocks.free()).isEqualTo(1);
    assertThat(blocks.takeLowest()).hasValue(Cidr.parse("10.0.2.0/24"));
    blocks.takeLast(Cidr.parse("10.0.2.0/24"));
    assertThat(blocks.free()).isZero();
    FreeBlocks all = of("10.0.0.0/23", 24);
    all.takeLast(Cidr.parse("10.0.1.0/24"));
    all.occupy(Cidr.parse("10.0.0.0/8"));
    assertThat(all.free()).isZero();
    assertThat(all.takeLowest()).isEmpty();
  }

  @Property
  void theOrderOfReleaseDecidesWhatIsTakenLastAndNothingIsLost(
      @ForAll @Size(max = 20) List<@IntRange(max = 15) Integer> released,
      @ForAll @Size(max = 5) List<@IntRange(max = 15) Integer> occupied) {
    Cidr pool = Cidr.parse("10.0.0.0/20");
    FreeBlocks blocks = of("10.0.0.0/20", 24);
    released.forEach(number -> blocks.takeLast(pool.sub(24, number)));
    occupied.forEach(number -> blocks.occupy(pool.sub(24, number)));
    List<Cidr> expected = new ArrayList<>();
    for (int number = 0; number < 16; number++) {
      if (!released.contains(number) && !occupied.contains(number)) {
        expected.add(pool.sub(24, number));
      }
    }
    released.stream()
        .distinct()
        .filter(number -> !occupied.contains(number))
        .forEach(number -> expected.add(pool.sub(24, number)));
    assertThat(blocks.free()).isEqualTo(expected.size());
    List<Cidr> taken = new ArrayList<>();
    for (Optional<Cidr> one = blocks.takeLowest(); one.isPresent(); one = blocks.takeLowest()) {
      taken.add(one.get());
    }
    assertThat(taken).isEqualTo(expected);
  }

  @Property
  void neverGivesABlockTwiceNorOneThatIsOccupiedAndCountsRight(
      @ForAll @Size(max = 40) List<@IntRange(max = 127) Integer> occupied) {
    FreeBlocks blocks = of("10.0.0.0/17", 24);
    List<Cidr> gone = new ArrayList<>();
    for (int number : occupied) {
      int length = 20 + number % 8; // some larger, some smaller than a block
      Cidr range = Cidr.containing(Cidr.parse("10.0.0.0/17").sub(24, number).address(), length);
      blocks.occupy(range);
      gone.add(range);
    }
    long free = blocks.free();
    Optional<Cidr> taken = blocks.takeLowest();
    for (long left = free; taken.isPresent(); taken = blocks.takeLowest()) {
      Cidr block = taken.get();
      assertThat(gone).noneMatch(block::overlaps);
      gone.add(block);
      assertThat(blocks.free()).isEqualTo(--left);
    }
    assertThat(blocks.free()).isZero();
  }
}
