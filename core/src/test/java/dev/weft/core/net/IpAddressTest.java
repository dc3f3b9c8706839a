// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
  @ParameterizedTest
  @CsvSource({
    "10.244.1.2, 10.244.1.2",
    "0.0.0.0, 0.0.0.0",
    "255.255.255.255, 255.255.255.255",
    "::, ::",
    "::1, ::1",
    "fd00:244:0:1::, fd00:244:0:1::",
    "FD00:0244:0000:0001:0000:0000:0000:0002, fd00:244:0:1::2",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "0:0:1:1:0:1:0:0, ::1:1:0:1:0:0",
    "0:0:1:1:1:0:0:0, 0:0:1:1:1::",
    "::ffff:192.0.2.1, ::ffff:192.0.2.1",
    "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0"
  })
  void readsAnyFormAndWritesTheCanonicalOne(String text, String canonical) {
    assertThat(IpAddress.parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "256.1.1.1",
        "1.2.3.-4",
        "1.2.3.4 ",
        "a.b.c.d",
        ":",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "::12345",
        "::g",
        "fe80::1%eth0",
        "1:2:3:4:5:6:7:8::",
        "1:2:3:4::5:6:7:8",
        "1::2::",
        "::::",
        "::1.2.3",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "[::1]",
        "١.2.3.4",
        "localhost"
      })
  void refusesWhatIsNoAddress(String text) {
    assertThatThrownBy(() -> IpAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no IPv4 or IPv6 address");
  }

  @Test
  void anErrorQuotesAtMost60CharactersOfTheText() {
    assertThatThrownBy(() -> IpAddress.parse("x".repeat(60)))
        .hasMessageStartingWith("\"" + "x".repeat(60) + "\" is no");
    assertThatThrownBy(() -> IpAddress.parse("x".repeat(61)))
        .hasMessageStartingWith("\"" + "x".repeat(60) + "…\" is no");
  }

  @ParameterizedTest
  @CsvSource({
    "169.253.255.255, false",
    "169.254.0.0, true",
    "169.254.255.255, true",
    "169.255.0.0, false",
    "fe7f:ffff::, false",
    "fe80::1, true",
    "febf:ffff::1, true",
    "fec0::, false",
    "::169.254.0.1, false"
  })
  void isLinkLocalInTheRangeThatItsFamilySetsAside(String text, boolean linkLocal) {
    assertThat(IpAddress.parse(text).isLinkLocal()).isEqualTo(linkLocal);
  }

  @ParameterizedTest
  @CsvSource({
    "::ffff:192.0.2.1, 192.0.2.1",
    "::ffff:0.0.0.0, 0.0.0.0",
    "::ffff:ffff:ffff, 255.255.255.255",
    "::fffe:c000:201, ::fffe:c000:201",
    "::1:ffff:c000:201, ::1:ffff:c000:201",
    "::192.0.2.1, ::192.0.2.1",
    "192.0.2.1, 192.0.2.1"
  })
  void anIpv4MappedAddressStandsForTheIpv4Address(String text, String expected) {
    assertThat(IpAddress.parse(text).unmapped()).isEqualTo(IpAddress.parse(expected));
  }

  @Property
  void textOfAnyAddressReadsBackAsTheSame(@ForAll @Size(16) byte[] bytes)
      throws UnknownHostException {
    IpAddress address = IpAddress.ofBytes(bytes);
    assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
    assertThat(address.bytes()).isEqualTo(bytes);
    if (!address.toString().startsWith("::ffff:")) {
      assertThat(InetAddress.getByName(address.toString()).getAddress()).isEqualTo(bytes);
    }
  }

  @Property
  void addingAndSubtractingAreInverse(@ForAll @Size(4) byte[] bytes, @ForAll short offset) {
    IpAddress address = IpAddress.ofBytes(bytes);
    IpAddress moved;
    try {
      moved = address.plus(offset);
    } catch (ArithmeticException e) {
      return;
    }
    assertThat(moved.plus(-offset)).isEqualTo(address);
    assertThat(offset >= 0 ? moved.minus(address) : address.minus(moved))
        .isEqualTo(Math.abs(offset));
    assertThat(Integer.signum(moved.compareTo(address))).isEqualTo(Integer.signum(offset));
  }

  @ParameterizedTest
  @CsvSource({
    "fd00::ffff:ffff:ffff:ffff, 1, fd00:0:0:1::",
    "fd00:0:0:1::, -1, fd00::ffff:ffff:ffff:ffff",
    "fd00::7, 0, fd00::7",
    "10.0.0.255, 1, 10.0.1.0"
  })
  void carriesAcrossGroups(String from, long offset, String to) {
    assertThat(IpAddress.parse(from).plus(offset)).hasToString(to);
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.1, -1, 0.0.0.0",
    "255.255.255.254, 1, 255.255.255.255",
    "::1, -1, ::",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe, 1, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
  })
  void reachesTheEndsOfTheAddressSpace(String from, long offset, String to) {
    assertThat(IpAddress.parse(from).plus(offset)).hasToString(to);
  }

  @Property
  void ipv6ArithmeticAndOrderAreThoseOfUnsigned128BitNumbers(
      @ForAll @Size(16) byte[] bytes, @ForAll long offset) {
    IpAddress address = IpAddress.ofBytes(bytes);
    BigInteger sum = number(address).add(BigInteger.valueOf(offset));
    if (sum.signum() < 0 || sum.bitLength() > 128) {
      assertThatThrownBy(() -> address.plus(offset)).isInstanceOf(ArithmeticException.class);
      return;
    }
    IpAddress moved = address.plus(offset);
    assertThat(number(moved)).isEqualTo(sum);
    assertThat(Integer.signum(moved.compareTo(address))).isEqualTo(Long.signum(offset));
    if (offset >= 0) {
      assertThat(moved.minus(address)).isEqualTo(offset);
    } else {
      assertThatThrownBy(() -> moved.minus(address)).isInstanceOf(ArithmeticException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fd00:0:0:1::, fd00::ffff:ffff:ffff:ffff, 1",
    "fd00::7, fd00::7, 0",
    "fd00:0:0:1::, fd00::8000:0:0:1, 9223372036854775807"
  })
  void subtractingBorrowsAcrossGroups(String address, String base, long distance) {
    assertThat(IpAddress.parse(address).minus(IpAddress.parse(base))).isEqualTo(distance);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.2",
    "fd00::1, fd00::2",
    "fd00:0:0:1::, fd00::8000:0:0:0",
    "fd00:0:0:2::, fd00:0:0:1::",
    "::1, 0.0.0.1"
  })
  void refusesADistanceThatIsNegativeOrOver63BitsOrBetweenFamilies(String address, String base) {
    assertThatThrownBy(() -> IpAddress.parse(address).minus(IpAddress.parse(base)))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining(address)
        .hasMessageContaining(base);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10.244.0.0", "fd00:244:0:1::"})
  void theAddressesOfABlockDoNotCollideInAHashTable(String first) {
    IpAddress base = IpAddress.parse(first);
    assertThat(IntStream.range(0, 65536).map(i -> base.plus(i).hashCode()).distinct().count())
        .isEqualTo(65536);
  }

  @ParameterizedTest
  @CsvSource({
    "255.255.255.255, 1",
    "0.0.0.0, -1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 1",
    "::, -1"
  })
  void refusesToLeaveTheAddressSpace(String from, long offset) {
    assertThatThrownBy(() -> IpAddress.parse(from).plus(offset))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining(from);
  }

  private static BigInteger number(IpAddress address) {
    return new BigInteger(1, address.bytes());
  }
}
