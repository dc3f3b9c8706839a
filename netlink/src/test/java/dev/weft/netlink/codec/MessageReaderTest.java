// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Family;
import dev.weft.core.net.MacAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {
  private static final String HEADER = "1000 0500 07000000 09000000";

  @Test
  void readsTheHeaderOfEachMessage() {
    MessageReader reader = Bytes.datagram("10000000" + HEADER + "14000000" + HEADER + "2a000000");
    assertThat(reader.next()).isTrue();
    assertThat(reader.next()).isTrue();
    assertThat(reader.type()).isEqualTo(0x10);
    assertThat(reader.flags()).isEqualTo(5);
    assertThat(reader.sequence()).isEqualTo(7);
    assertThat(reader.netlinkPid()).isEqualTo(9);
    assertThat(reader.getInt(0)).isEqualTo(42);
    assertThat(reader.next()).isFalse();
  }

  @Test
  void anEmptyDatagramHasNoMessage() {
    assertThat(Bytes.datagram("").next()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10", // shorter than a header
        "10000000 1000 0500 07000000 090000", // one byte short of a header
        "0f000000 1000 0500 07000000 09000000", // a length shorter than a header
        "00000000 1000 0500 07000000 09000000", // a length that would never end
        "11000000 1000 0500 07000000 09000000", // a length past the end
        "ffffffff 1000 0500 07000000 09000000", // a negative length
        "ffffff7f 1000 0500 07000000 09000000", // a length that overflows
      })
  void refusesALengthThatLies(String hex) {
    MessageReader reader = Bytes.datagram(hex);
    assertThatThrownBy(reader::next).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void readsNothingBehindTheMessage() {
    MessageReader reader = Bytes.datagram("10000000" + HEADER + "14000000" + HEADER + "2a000000");
    reader.next();
    assertThatThrownBy(() -> reader.getInt(0)).isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> reader.getByte(0)).isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> reader.getShort(-2)).isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> reader.attributes(4)).isInstanceOf(MalformedMessageException.class);
    assertThat(reader.attributes(0).next()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0300 0100", // shorter than its header
        "0000 0100", // would never end
        "0900 0100 01020304", // past the end of the message
        "ffff 0100 01020304",
      })
  void refusesAnAttributeWhoseLengthLies(String hex) {
    Attributes attributes = attributes(hex);
    assertThatThrownBy(attributes::next).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void refusesAValueOfAnotherSizeThanRequested() {
    Attributes attributes = attributes("0600 0100 01020000");
    attributes.next();
    assertThatThrownBy(attributes::getInt).isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(attributes::getByte).isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> attributes.getAddress(Family.IPV4))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> attributes.nested(0, 3)).isInstanceOf(MalformedMessageException.class);
    assertThat(attributes.getMac()).isEmpty();
    assertThat(attributes.getShort()).isEqualTo(0x0201);
  }

  @Test
  void anAttributeInsideEndsWithItsNest() {
    // A nest of 8 bytes whose inner attribute claims the 4 bytes behind it.
    Attributes outer = attributes("0800 0180 0800 0100 0400 0200");
    outer.next();
    assertThat(outer.type()).isEqualTo(1);
    Attributes inner = outer.nested();
    assertThatThrownBy(inner::next).isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void readsWhatTheWriterWrote() {
    MacAddress mac = MacAddress.parse("0a:58:ff:00:80:01");
    MessageReader reader =
        Bytes.message(
            out -> {
              out.begin(16, 1);
              out.putInt(77);
              int nest = out.nestFlagged(3);
              out.attributeMac(1, mac);
              out.attributeString(2, "eth0");
              out.attributeByte(4, 200);
              out.endNest(nest);
              out.end();
            });
    Attributes nest = reader.attributes(4);
    assertThat(nest.next()).isTrue();
    Attributes inner = nest.nested();
    inner.next();
    assertThat(inner.getMac()).contains(mac);
    inner.next();
    assertThat(inner.getString()).isEqualTo("eth0");
    inner.next();
    assertThat(inner.getByte()).isEqualTo(200);
    assertThat(inner.next()).isFalse();
    assertThat(nest.next()).isFalse();
    assertThat(reader.getInt(0)).isEqualTo(77);
  }

  @Test
  void theWriterGrowsUpToItsBound() {
    MessageWriter out = new MessageWriter(32);
    byte[] large = new byte[60_000];
    large[59_999] = 7;
    out.begin(16, 1);
    out.attributeBytes(1, large);
    out.end();
    assertThat(out.memory().buffer().getInt(0)).isEqualTo(16 + 4 + 60_000);
    assertThat(out.memory().buffer().get(out.length() - 1)).isEqualTo((byte) 7);
    assertThatThrownBy(
            () -> {
              while (true) {
                out.attributeBytes(1, large);
              }
            })
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1048576");
    assertThatThrownBy(() -> out.attributeBytes(1, new byte[65_532]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Attributes attributes(String hex) {
    int bytes = hex.replace(" ", "").length() / 2;
    String length = "%02x000000".formatted(16 + bytes);
    MessageReader reader = Bytes.datagram(length + HEADER + hex);
    reader.next();
    return reader.attributes(0);
  }
}
