// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CidrTest {
  @Test
  void refusesHostBitsAndNamesTheRange() {
    assertThatThrownBy(() -> Cidr.parse("10.244.1.7/16"))
        .hasMessageContaining("host bits")
        .hasMessageContaining("10.244.0.0/16");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/+8",
    "10.0.0.0/-1",
    "/8",
    "fd00::/129",
    "fd00::/x"
  })
  void refusesWhatIsNoCidr(String text) {
    assertThatThrownBy(() -> Cidr.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0, 'no \"/\" with a length'",
    "/8, is no IPv4 or IPv6 address",
    "10.0.0.0/1234, bad prefix length",
    "10.0.0.0/33, an IPV4 prefix has 0 to 32 bits",
    "fd00::/129, an IPV6 prefix has 0 to 128 bits"
  })
  void saysWhatIsWrongWithTheText(String text, String reason) {
    assertThatThrownBy(() -> Cidr.parse(text)).hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1/24, 192.0.2.0/24",
    "010.000.0.1/08, 10.0.0.0/8",
    "fd00::0001/64, fd00::/64",
    "::/0, ::/0"
  })
  void readsARangeAsANetworkPolicyMayHaveIt(String text, String range) {
    assertThat(Cidr.parseLenient(text)).hasToString(range);
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/8/8", "/8", "x/8"})
  void refusesWhatIsNoCidrHoweverLenient(String text) {
    assertThatThrownBy(() -> Cidr.parseLenient(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.0.0/16, 24, 1, 10.244.1.0/24",
    "10.244.0.0/16, 24, 255, 10.244.255.0/24",
    "fd00:244::/48, 64, 1, fd00:244:0:1::/64",
    "fd00:244::/48, 64, 65535, fd00:244:0:ffff::/64",
    "fd00:244::/32, 80, 65536, fd00:244:0:1::/80",
    "0.0.0.0/0, 32, 4294967295, 255.255.255.255/32",
    "::/0, 1, 1, 8000::/1"
  })
  void dividesIntoNumberedRanges(String whole, int length, long index, String part) {
    assertThat(Cidr.parse(whole).sub(length, index)).hasToString(part);
  }

  @Test
  void hasNoRangeBeyondTheLast() {
    assertThatThrownBy(() -> Cidr.parse("10.244.0.0/16").sub(24, 256))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(Cidr.parse("10.244.0.0/24").count(16)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"10.244.1.0/24, 10-244-1-0-24", "fd00:244:0:1::/64, fd00-244-0-1---64"})
  void isClaimedByAnObjectOfThisName(String cidr, String name) {
    assertThat(Cidr.parse(cidr).objectName()).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.0.0/16, 10.244.255.255",
    "10.0.0.1/32, 10.0.0.1",
    "0.0.0.0/0, 255.255.255.255",
    "fd00::/64, fd00::ffff:ffff:ffff:ffff",
    "fd00::/127, fd00::1",
    "fd00::1/128, fd00::1",
    "fd00::/48, fd00::ffff:ffff:ffff:ffff:ffff",
    "8000::/1, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "::/0, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
  })
  void endsAtItsLastAddress(String cidr, String last) {
    assertThat(Cidr.parse(cidr).last()).hasToString(last);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1/32, 1",
    "0.0.0.0/0, 4294967296",
    "fd00::/66, 4611686018427387904",
    "fd00::/65, 9223372036854775807",
    "fd00::/64, 9223372036854775807",
    "::/0, 9223372036854775807"
  })
  void countsItsAddressesUpToTheLargestLong(String cidr, long size) {
    assertThat(Cidr.parse(cidr).size()).isEqualTo(size);
    assertThat(Cidr.parse(cidr).count(cidr.contains(":") ? 128 : 32)).isEqualTo(size);
  }

  @Property
  void theNumberOfAPartFindsThatPartAndEveryAddressOfItFindsThatNumber(
      @ForAll @Size(16) byte[] bytes,
      @ForAll @IntRange(min = 0, max = 128) int length,
      @ForAll @IntRange(min = 0, max = 62) int further) {
    IpAddress inside = IpAddress.ofBytes(bytes);
    Cidr whole = Cidr.containing(inside, length);
    Cidr part = Cidr.containing(inside, Math.min(128, length + further));
    int partLength = part.prefixLength();

    long number = whole.index(partLength, inside);

    BigInteger distance = number(part.address()).subtract(number(whole.address()));
    assertThat(BigInteger.valueOf(number).shiftLeft(128 - partLength)).isEqualTo(distance);
    assertThat(whole.sub(partLength, number)).isEqualTo(part);
    assertThat(whole.index(partLength, part.address())).isEqualTo(number);
    assertThat(whole.index(partLength, part.last())).isEqualTo(number);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.0.0/16, 24, 10.244.255.255, 255",
    "10.244.1.0/24, 24, 10.244.1.7, 0",
    "fd00:244::/48, 64, fd00:244:0:5::7, 5",
    "fd00:244::/32, 80, fd00:244:0:1::7, 65536",
    "fd00:244::/32, 48, fd00:244:3::, 3"
  })
  void numbersItsPartsFromZero(String whole, int length, String inside, long index) {
    assertThat(Cidr.parse(whole).index(length, IpAddress.parse(inside))).isEqualTo(index);
  }

  @ParameterizedTest
  @CsvSource({"24, 10.245.0.0", "24, fd00::", "15, 10.244.0.0"})
  void hasNoNumberForAnAddressOutsideOrAPartLongerThanItself(int length, String address) {
    assertThatThrownBy(() -> Cidr.parse("10.244.0.0/16").index(length, IpAddress.parse(address)))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining(address);
  }

  @Property
  void holdsItsFirstAndLastAddressAndNotTheirNeighbours(
      @ForAll @Size(4) byte[] bytes, @ForAll @IntRange(min = 1, max = 32) int length) {
    Cidr cidr = Cidr.containing(IpAddress.ofBytes(bytes), length);
    assertThat(cidr.contains(cidr.address())).isTrue();
    assertThat(cidr.contains(cidr.last())).isTrue();
    assertThat(cidr.last().minus(cidr.address())).isEqualTo(cidr.size() - 1);
    if (!cidr.last().equals(IpAddress.parse("255.255.255.255"))) {
      assertThat(cidr.contains(cidr.last().plus(1))).isFalse();
    }
    if (!cidr.address().equals(IpAddress.parse("0.0.0.0"))) {
      assertThat(cidr.contains(cidr.address().plus(-1))).isFalse();
    }
  }

  @Property
  void overlapIsSymmetricAndMeansOneHoldsTheOther(
      @ForAll @Size(4) byte[] a,
      @ForAll @IntRange(min = 0, max = 32) int lengthA,
      @ForAll @Size(4) byte[] b,
      @ForAll @IntRange(min = 0, max = 32) int lengthB) {
    Cidr first = Cidr.containing(IpAddress.ofBytes(a), lengthA);
    Cidr second = Cidr.containing(IpAddress.ofBytes(b), lengthB);
    boolean byBounds =
        first.address().compareTo(second.last()) <= 0
            && second.address().compareTo(first.last()) <= 0;
    assertThat(first.overlaps(second)).isEqualTo(byBounds).isEqualTo(second.overlaps(first));
  }

  private static BigInteger number(IpAddress address) {
    return new BigInteger(1, address.bytes());
  }
}
