// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostPortTest {
  private static final HostPort TCP80 = hostPort("192.168.1.11", Protocol.TCP, 80, "10.244.1.2");

  @ParameterizedTest
  @CsvSource({
    "192.168.1.11, TCP, 80, 10.244.1.9, true",
    "0.0.0.0, TCP, 80, 10.244.1.9, true",
    "192.168.1.12, TCP, 80, 10.244.1.9, false",
    "192.168.1.11, UDP, 80, 10.244.1.9, false",
    "192.168.1.11, TCP, 81, 10.244.1.9, false",
    "::, TCP, 80, fd00::9, false"
  })
  void overlapsAnotherThatAPacketCouldBeMeantFor(
      String hostIp, Protocol protocol, int port, String pod, boolean overlaps) {
    HostPort other = hostPort(hostIp, protocol, port, pod);
    assertThat(TCP80.overlaps(other)).isEqualTo(overlaps);
    assertThat(other.overlaps(TCP80)).isEqualTo(overlaps);
  }

  @Test
  void allZerosStandForEveryAddressOfTheFamily() {
    assertThat(HostPort.anyOf(Family.IPV4)).hasToString("0.0.0.0");
    assertThat(HostPort.anyOf(Family.IPV6)).hasToString("::");
    assertThat(hostPort("0.0.0.0", Protocol.TCP, 80, "10.244.1.2").isOnAny()).isTrue();
    assertThat(hostPort("::", Protocol.TCP, 80, "fd00::2").isOnAny()).isTrue();
    assertThat(TCP80.isOnAny()).isFalse();
  }

  @Test
  void isWrittenWithItsFamilysBrackets() {
    assertThat(TCP80).hasToString("tcp 192.168.1.11:80 to 10.244.1.2:8080");
    assertThat(hostPort("::", Protocol.UDP, 53, "fd00::2"))
        .hasToString("udp [::]:53 to [fd00::2]:8080");
    assertThat(TCP80.listening()).isEqualTo("tcp 192.168.1.11:80");
  }

  @Test
  void addressesOfTwoFamiliesAreRefused() {
    assertThatThrownBy(() -> hostPort("0.0.0.0", Protocol.TCP, 80, "fd00::2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("0.0.0.0 and fd00::2 are of two families");
  }

  private static HostPort hostPort(String hostIp, Protocol protocol, int port, String pod) {
    return new HostPort(IpAddress.parse(hostIp), protocol, port, IpAddress.parse(pod), 8080);
  }
}
