// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AttachmentTest {
  @Test
  void listsItsIpv4AddressFirst() {
    assertThat(attachment("fd00::2", "10.244.1.2").addresses())
        .extracting(IpAddress::toString)
        .containsExactly("10.244.1.2", "fd00::2");
  }

  @Test
  void isRefusedWithoutAnAddress() {
    assertThatThrownBy(() -> attachment())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("c1/eth0");
  }

  @Test
  void derivesBothMacsFromItsFirstAddressAndTheyDiffer() {
    Attachment dual = attachment("10.244.1.2", "fd00::2");
    assertThat(dual.mac()).isEqualTo(MacAddress.parse("0a:58:0a:f4:01:02"));
    assertThat(dual.hostVethMac()).isEqualTo(MacAddress.parse("0e:58:0a:f4:01:02"));
    assertThat(Attachment.isHostVethMac(dual.hostVethMac())).isTrue();
    assertThat(Attachment.isHostVethMac(dual.mac())).isFalse();
    assertThat(Attachment.isHostVethMac(MacAddress.BRIDGE)).isFalse();
  }

  private static Attachment attachment(String... addresses) {
    List<IpAddress> parsed = Stream.of(addresses).map(IpAddress::parse).toList();
    return new Attachment("weft", new AttachmentKey("c1", "eth0"), parsed, Optional.empty());
  }
}
