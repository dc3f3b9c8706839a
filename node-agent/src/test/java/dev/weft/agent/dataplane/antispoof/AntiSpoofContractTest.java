// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import dev.weft.agent.dataplane.testing.KindContract;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the driver of the anti-spoofing filter promises. */
class AntiSpoofContractTest {
  abstract static class Contract extends KindContract<AntiSpoofEntry> {
    /** An element takes no other's place: all of it is its key. */
    Contract() {
      super(AntiSpoofEntry.KIND, entry("10.244.1.77"), entry("10.244.1.77"));
    }

    @Test
    void deletedTablesAreMadeAgainWithTheirEntries() throws Exception {
      world.deleteTables();

      assertRepaired(Stack.DUAL.desired(pod));
    }

    private static AntiSpoofEntry entry(String address) {
      return new AntiSpoofEntry(
          "wf0123456789a", MacAddress.parse("0a:58:0a:f4:01:4d"), IpAddress.parse(address));
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
