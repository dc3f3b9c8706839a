// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThisNodeTest {
  private static final ThisNode NODE =
      new ThisNode("node1", "uid1", new Machine("sys1", "boot1"), List.of());

  @ParameterizedTest
  @CsvSource({
    "node1, uid1, sys1, boot1, true",
    "node1, uid1, sys9, boot9, true",
    "node1, uid0, sys1, boot1, true",
    "node1, uid0, sys1, boot0, false",
    "node1, uid0, sys0, boot1, false",
    "node2, uid1, sys1, boot1, false"
  })
  void ownsABlockByItsNameAndUidOrByItsNameAndTheSameRunningMachine(
      String node, String uid, String systemUuid, String bootId, boolean owns) {
    Allocation.Owner owner = new Allocation.Owner(node, uid, new Machine(systemUuid, bootId));
    assertThat(NODE.owns(owner)).isEqualTo(owns);
  }

  @Test
  void ownsNothingBeforeItsNodeWasRead() {
    assertThat(ThisNode.unread("node1", List.of()).owns(owner("", Machine.UNKNOWN))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"'', boot1", "sys1, ''", "'', ''"})
  void machinesThatAreNotFullyKnownAreNeverTheSame(String systemUuid, String bootId) {
    Machine machine = new Machine(systemUuid, bootId);
    assertThat(machine.isSameAs(new Machine(systemUuid, bootId))).isFalse();
  }

  private static Allocation.Owner owner(String uid, Machine machine) {
    return new Allocation.Owner("node1", uid, machine);
  }
}
