// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MacAddressTest {
  @Test
  void ofAnIpv4AddressHoldsThatAddress() {
    assertThat(MacAddress.derivedFrom(IpAddress.parse("10.244.1.2")))
        .hasToString("0a:58:0a:f4:01:02");
  }

  @Test
  void ofEqualHostPartsInTwoIpv6BlocksDiffer() {
    assertThat(MacAddress.derivedFrom(IpAddress.parse("fd00:244:0:1::2")))
        .isNotEqualTo(MacAddress.derivedFrom(IpAddress.parse("fd00:244:0:2::2")))
        .asString()
        .startsWith("0a:");
  }

  @Test
  void readsBackAsWritten() {
    assertThat(MacAddress.parse("0A:58:00:00:00:01")).isEqualTo(MacAddress.BRIDGE);
    assertThat(MacAddress.ofBytes(MacAddress.BRIDGE.bytes())).hasToString("0a:58:00:00:00:01");
  }
}
