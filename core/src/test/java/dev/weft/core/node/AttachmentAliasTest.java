// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.IpAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttachmentAliasTest {
  private static final Optional<PodName> POD = Optional.of(new PodName("shop", "cart-0"));

  @Test
  void holdsNetworkContainerInterfaceAddressesAndPod() {
    assertThat(AttachmentAlias.format(attachment("c1", POD, "10.244.1.2")))
        .isEqualTo("weft/1 weft c1 eth0 10.244.1.2 shop/cart-0");
    assertThat(AttachmentAlias.format(attachment("c1", Optional.empty(), "fd00::2", "10.244.1.2")))
        .isEqualTo("weft/1 weft c1 eth0 10.244.1.2,fd00::2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weft/1 weft c1 eth0 10.244.1.2 shop/cart-0",
        "weft/1 other c1 net1 fd00::2",
        "weft/1 weft c1 eth0 10.244.1.2,fd00::2 shop/cart-0"
      })
  void readsBackWhatItHolds(String alias) {
    assertThat(AttachmentAlias.parse(alias).map(AttachmentAlias::format)).contains(alias);
  }

  @Test
  void readsWhoIsServed() {
    assertThat(AttachmentAlias.parse("weft/1 weft c1 eth0 10.244.1.2,fd00::2 shop/cart-0"))
        .contains(attachment("c1", POD, "10.244.1.2", "fd00::2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "uplink to the office",
        "weft/2 weft c1 eth0 10.244.1.2",
        "weft/1 weft c1 eth0",
        "weft/1 weft c1 eth0 10.244.1.2 shop/cart-0 more",
        "weft/1 weft c1 eth0 10.244.1",
        "weft/1 weft c1 eth0 10.244.1.2,fd00"
      })
  void anotherOnesOrAnIncompleteAliasIsNotRead(String alias) {
    assertThat(AttachmentAlias.parse(alias)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"shop/c, shop/c", "/, /", "shop/, shop/"})
  void aPodsNameThatWasCutIsReadAsFarAsItGoes(String text, String pod) {
    assertThat(AttachmentAlias.parse("weft/1 weft c1 eth0 10.244.1.2 " + text).orElseThrow().pod())
        .map(PodName::toString)
        .contains(pod);
  }

  @Test
  void aPodsNameThatWasCutInItsNamespaceIsLeftOut() {
    assertThat(AttachmentAlias.parse("weft/1 weft c1 eth0 10.244.1.2 sho").orElseThrow().pod())
        .isEmpty();
  }

  @Test
  void thePodsNameIsCutToWhatTheKernelTakes() {
    Optional<PodName> pod = Optional.of(new PodName("n".repeat(63), "p".repeat(253)));
    String alias = AttachmentAlias.format(attachment("c1", pod, "10.244.1.2"));

    assertThat(alias)
        .hasSize(AttachmentAlias.MAX_BYTES)
        .startsWith("weft/1 weft c1 eth0 10.244.1.2 " + "n".repeat(63) + "/ppp");
    assertThat(AttachmentAlias.parse(alias).orElseThrow().key())
        .isEqualTo(new AttachmentKey("c1", "eth0"));
  }

  @Test
  void anAliasThatDoesNotFitWithoutThePodsNameIsRefused() {
    Attachment small = attachment("c1", POD, "10.244.1.2");
    int head = AttachmentAlias.format(inNetwork("", small, Optional.empty())).length();
    String longest = "n".repeat(AttachmentAlias.MAX_BYTES - head);

    assertThat(AttachmentAlias.format(inNetwork(longest, small, POD)))
        .hasSize(AttachmentAlias.MAX_BYTES)
        .endsWith(" 10.244.1.2");
    assertThatThrownBy(() -> AttachmentAlias.format(inNetwork(longest + "n", small, POD)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("c1/eth0")
        .hasMessageContaining("255 bytes");
  }

  @Test
  void itsLengthIsCountedInBytes() {
    String alias =
        AttachmentAlias.format(
            inNetwork("é".repeat(100), attachment("c1", POD, "10.244.1.2"), POD));
    assertThat(alias.getBytes(StandardCharsets.UTF_8).length)
        .isLessThanOrEqualTo(AttachmentAlias.MAX_BYTES);
  }

  private static Attachment attachment(
      String containerId, Optional<PodName> pod, String... addresses) {
    List<IpAddress> parsed = Stream.of(addresses).map(IpAddress::parse).toList();
    return new Attachment("weft", new AttachmentKey(containerId, "eth0"), parsed, pod);
  }

  private static Attachment inNetwork(String network, Attachment other, Optional<PodName> pod) {
    return new Attachment(network, other.key(), other.addresses(), pod);
  }
}
