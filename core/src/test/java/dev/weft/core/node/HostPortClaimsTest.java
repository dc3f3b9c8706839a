// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostPortClaimsTest {
  private static final Attachment POD = attachment("new", "10.244.1.2", "fd00:244::2");
  private static final Attachment OTHER = attachment("old", "10.244.1.3", "fd00:244::3");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tcp 80 | tcp 0.0.0.0:80 to 10.244.1.2:8080; tcp [::]:80 to [fd00:244::2]:8080",
        "udp 53 0.0.0.0 | udp 0.0.0.0:53 to 10.244.1.2:8080",
        "sctp 9 :: | sctp [::]:9 to [fd00:244::2]:8080",
        "tcp 80 192.168.1.11 | tcp 192.168.1.11:80 to 10.244.1.2:8080",
        "tcp 80 fd00:192::11 | tcp [fd00:192::11]:80 to [fd00:244::2]:8080",
      })
  void aHostPortLeadsToThePodsAddressOfItsFamily(String requested, String expected)
      throws Exception {
    Set<HostPort> claims = HostPortClaims.of(List.of(mapping(requested)), POD, Map.of());

    assertThat(claims.stream().map(HostPort::toString)).containsExactly(expected.split("; "));
  }

  @ParameterizedTest
  @CsvSource({
    "tcp 80, tcp 80",
    "tcp 80, tcp 80 0.0.0.0",
    "tcp 80, tcp 80 192.168.1.11",
    "tcp 80 192.168.1.11, tcp 80",
    "tcp 80 192.168.1.11, tcp 80 192.168.1.11",
    "udp 53 ::, udp 53 fd00:192::11",
    "sctp 9 fd00:192::11, sctp 9",
  })
  void whatAnotherPodHasIsRefusedWithItsName(String there, String requested) throws Exception {
    Map<HostPort, Attachment> taken = taken(there);

    assertThatThrownBy(() -> HostPortClaims.of(List.of(mapping(requested)), POD, taken))
        .isInstanceOfSatisfying(
            HostPortException.class,
            e -> assertThat(e.reason()).isEqualTo(HostPortException.Reason.TAKEN))
        .hasMessageContaining("default/old")
        .hasMessageContaining(":" + requested.split(" ")[1] + " ");
  }

  @ParameterizedTest
  @CsvSource({
    "tcp 80, udp 80",
    "tcp 80, sctp 80",
    "tcp 80, tcp 81",
    "tcp 80 0.0.0.0, tcp 80 ::",
    "tcp 80 192.168.1.11, tcp 80 192.168.1.12",
    "tcp 80 127.0.0.1, tcp 80 192.168.1.12",
    "tcp 80 192.168.1.11, tcp 80 ::",
  })
  void anotherProtocolPortAddressOrFamilyStandsBeside(String there, String requested)
      throws Exception {
    assertThat(HostPortClaims.of(List.of(mapping(requested)), POD, taken(there))).isNotEmpty();
  }

  @Test
  void aFamilyThatThePodHasNotIsRefused() {
    Attachment single = attachment("new", "10.244.1.2");

    assertThatThrownBy(
            () -> HostPortClaims.of(List.of(mapping("tcp 80 fd00:192::11")), single, Map.of()))
        .isInstanceOf(HostPortException.class)
        .hasMessage(
            "host port tcp 80 on fd00:192::11: the pod has no address of that family, only"
                + " [10.244.1.2]");
  }

  @Test
  void thePodItselfMayNotAskForAPortTwiceButForTheVerySame() throws Exception {
    PortMapping any = mapping("tcp 80 0.0.0.0");
    PortMapping one = mapping("tcp 80 192.168.1.11");

    assertThat(HostPortClaims.of(List.of(any, any), POD, Map.of())).hasSize(1);
    assertThatThrownBy(() -> HostPortClaims.of(List.of(any, one), POD, Map.of()))
        .isInstanceOf(HostPortException.class)
        .hasMessageContaining("requested twice");
  }

  private static Map<HostPort, Attachment> taken(String there) throws Exception {
    return HostPortClaims.of(List.of(mapping(there)), OTHER, Map.of()).stream()
        .collect(Collectors.toMap(hostPort -> hostPort, hostPort -> OTHER));
  }

  /** Protocol, host port, and perhaps the node's address. */
  private static PortMapping mapping(String text) {
    String[] parts = text.split(" ");
    return new PortMapping(
        Stream.of(parts).skip(2).findFirst().map(IpAddress::parse),
        Protocol.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT)),
        Integer.parseInt(parts[1]),
        8080);
  }

  private static Attachment attachment(String pod, String... addresses) {
    return new Attachment(
        "weft",
        new AttachmentKey(pod + "-container", "eth0"),
        Arrays.stream(addresses).map(IpAddress::parse).toList(),
        Optional.of(new PodName("default", pod)));
  }
}
