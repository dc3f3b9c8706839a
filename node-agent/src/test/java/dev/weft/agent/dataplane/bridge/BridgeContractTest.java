// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.ContractTest;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the driver of the bridge promises. */
class BridgeContractTest {
  abstract static class Contract extends ContractTest {
    @Test
    void itsMtuIsReplacedAndNothingElseChanges() throws Exception {
      reach(Stack.DUAL.desired());
      attach(Stack.DUAL, Stack.DUAL.attachment(0));
      NodeState before = dataplane.read();

      for (int mtuBytes : new int[] {1400, Stack.MTU}) {
        Bridge bridge = new Bridge(MacAddress.BRIDGE, mtuBytes, true);
        reach(before.with(Bridge.KIND, Set.of(bridge)));
        assertThat(dataplane.read().of(Bridge.KIND)).containsExactly(bridge);
      }
      assertThat(dataplane.read()).isEqualTo(before);
    }

    @Test
    void aBridgeSetDownIsInSyncAgain() throws Exception {
      Attachment attachment = Stack.DUAL.attachment(0);
      reach(Stack.DUAL.desired());
      attach(Stack.DUAL, attachment);

      world.setBridgeDown();

      assertRepaired(Stack.DUAL.desired(attachment));
    }

    @Test
    void aDeletedBridgeIsInSyncAgain() throws Exception {
      Attachment attachment = Stack.DUAL.attachment(0);
      reach(Stack.DUAL.desired());
      attach(Stack.DUAL, attachment);

      world.deleteBridge();

      assertRepaired(Stack.DUAL.desired(attachment));
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
