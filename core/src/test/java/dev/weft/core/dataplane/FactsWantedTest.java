// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FactsWantedTest {
  private static final FactsWanted WANTED =
      new FactsWanted(
          cidrs("10.244.0.0/16", "10.244.1.0/24", "10.9.0.0/24", "fd00:244::/48"),
          List.of(IpAddress.parse("192.168.1.12"), IpAddress.parse("192.168.1.13")));

  @ParameterizedTest
  @CsvSource({
    "10.244.0.0/16, true",
    "10.244.200.0/24, true",
    "10.244.1.7/32, true",
    "10.0.0.0/8, false",
    "10.245.0.0/24, false",
    "10.8.0.0/24, false",
    "fd00:244:0:7::/64, true",
    "fd00::/16, false"
  })
  void aForeignRouteMattersWhereItLiesInARange(String destination, boolean matters) {
    assertThat(WANTED.holds(Cidr.parse(destination))).isEqualTo(matters);
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0/0, true",
    "192.168.1.0/24, true",
    "192.168.1.13/32, true",
    "192.168.1.14/32, false",
    "192.168.2.0/24, false",
    "192.168.1.0/29, false",
    "::/0, false"
  })
  void aRouteMattersWhereItMayLeadToANextHop(String destination, boolean matters) {
    assertThat(WANTED.leadsToNextHop(Cidr.parse(destination))).isEqualTo(matters);
  }

  @Test
  void rangesInsideOthersDoNotCountAndTheirOrderNeither() {
    assertThat(WANTED.sameRanges(wanted("fd00:244::/48", "10.9.0.0/24", "10.244.0.0/16"))).isTrue();
    assertThat(WANTED.sameRanges(wanted("fd00:244::/48", "10.244.0.0/16"))).isFalse();
    assertThat(FactsWanted.NONE.sameRanges(wanted())).isTrue();
  }

  @Test
  void nextHopsAreAskedForOnceEach() {
    IpAddress hop = IpAddress.parse("192.168.1.12");
    assertThat(new FactsWanted(List.of(), List.of(hop, hop)).nextHops()).containsExactly(hop);
  }

  private static FactsWanted wanted(String... ranges) {
    return new FactsWanted(cidrs(ranges), List.of());
  }

  private static List<Cidr> cidrs(String... texts) {
    return Stream.of(texts).map(Cidr::parse).toList();
  }
}
