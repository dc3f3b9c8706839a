// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterfaceAddressTest {
  @ParameterizedTest
  @CsvSource({"10.244.1.7/24, 10.244.1.0/24", "fd00:0:0:1::7/64, fd00:0:0:1::/64"})
  void keepsItsHostBitsAndKnowsItsNetwork(String text, String network) {
    InterfaceAddress address = InterfaceAddress.parse(text);
    assertThat(address).hasToString(text);
    assertThat(address.network()).isEqualTo(Cidr.parse(network));
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.7, 'has no \"/\" with a prefix length'",
    "/24, is no IPv4 or IPv6 address",
    "10.244.1.7/, bad prefix length",
    "10.244.1.7/33, an IPV4 prefix has 0 to 32 bits"
  })
  void saysWhatIsWrongWithTheText(String text, String reason) {
    assertThatThrownBy(() -> InterfaceAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }
}
