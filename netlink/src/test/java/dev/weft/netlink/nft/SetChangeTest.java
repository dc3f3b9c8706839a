// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SetChangeTest {
  private static final byte[] NOTHING = {};
  private static final SetRef SET = new SetRef(NftFamily.BRIDGE, "weft", "pods");

  @ParameterizedTest
  @ValueSource(strings = {"10.244.1.2", "fd00:244:0:1::2"})
  void aKeyIsReadAsItWasWritten(String address) {
    SetKey key = new SetKey("wf1", MacAddress.BRIDGE, IpAddress.parse(address));
    assertThat(SetKey.of(key.key(), NOTHING)).isEqualTo(key);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15, 16, 24, 27, 29, 32, 39, 41})
  void aKeyOfAnotherLengthIsRefused(int length) {
    assertThatThrownBy(() -> SetKey.of(new byte[length], NOTHING))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void aKeyWithoutAnEndOfItsNameIsRefused() {
    byte[] bytes = new byte[28];
    Arrays.fill(bytes, 0, 16, (byte) 'x');
    assertThatThrownBy(() -> SetKey.of(bytes, NOTHING))
        .isInstanceOf(MalformedMessageException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sixteen-bytes-in"})
  void aNameThatNoLinkCanHaveIsRefused(String name) {
    IpAddress address = IpAddress.parse("10.244.1.2");
    assertThatThrownBy(() -> new SetKey(name, MacAddress.BRIDGE, address))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  /** To the kernel, "delete" without elements means "delete all". */
  @Test
  void aChangeWithoutElementsIsRefused() {
    assertThatThrownBy(() -> SetChange.delete(SET)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SetChange(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}
