// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamilyTest {
  @ParameterizedTest
  @CsvSource({"IPV4, 4, 32, 4, 2", "IPV6, 6, 128, 16, 10"})
  void knowsTheLengthOfItsAddressesAndTheNumbersOfProtocolAndKernel(
      Family family, int version, int bits, int bytes, int socketFamily) {
    assertThat(family.version()).isEqualTo(version);
    assertThat(family.bits()).isEqualTo(bits);
    assertThat(family.bytes()).isEqualTo(bytes);
    assertThat(family.socketFamily()).isEqualTo(socketFamily);
  }
}
