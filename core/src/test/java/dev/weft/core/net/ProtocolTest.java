// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtocolTest {
  @ParameterizedTest
  @CsvSource({"TCP, 6, tcp", "UDP, 17, udp", "SCTP, 132, sctp"})
  void isKnownByItsNumberInAnIpHeader(Protocol protocol, int number, String text) {
    assertThat(protocol.number()).isEqualTo(number);
    assertThat(Protocol.of(number)).contains(protocol);
    assertThat(protocol).hasToString(text);
  }

  @Test
  void anotherNumberIsNoProtocolWithPorts() {
    assertThat(Protocol.of(1)).isEmpty();
  }
}
