// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import dev.weft.netlink.codec.MessageWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
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

  @Test
  void manyElementsArePackedIntoAsFewChangesAsASendHolds() {
    IpAddress address = IpAddress.parse("fd00:192::11");
    List<PortTarget> largest =
        IntStream.range(0, 15_000)
            .mapToObj(i -> new PortTarget(Optional.of(address), 6, i, address, i))
            .toList();
    SetRef other = new SetRef(NftFamily.INET, "weft_hostports", "address6");
    Map<SetRef, List<PortTarget>> elements = new LinkedHashMap<>();
    elements.put(SET, largest);
    elements.put(other, largest.subList(0, 10));

    List<SetChange> changes = SetChange.packed(false, elements);

    assertThat(changes).hasSize(2);
    for (SetChange change : changes) {
      change.write(new MessageWriter(1024));
      assertThat(change.steps()).noneMatch(SetChange.Step::add);
    }
    assertThat(changes.get(0).steps()).hasSize(1);
    assertThat(elementsOf(changes, SET)).isEqualTo(largest);
    assertThat(elementsOf(changes, other)).isEqualTo(largest.subList(0, 10));
    assertThat(SetChange.packed(true, Map.of(SET, List.<SetElement>of()))).isEmpty();
  }

  private static List<SetElement> elementsOf(List<SetChange> changes, SetRef set) {
    List<SetElement> elements = new ArrayList<>();
    changes.stream()
        .flatMap(change -> change.steps().stream())
        .filter(step -> step.set().equals(set))
        .forEach(step -> elements.addAll(step.elements()));
    return elements;
  }
}
