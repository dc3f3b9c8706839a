// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.testing.ContractTest;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.Attachment;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the driver of host veths promises. */
class HostVethContractTest {
  abstract static class Contract extends ContractTest {
    @Test
    void oneThatIsTakenOffItsBridgeIsRepaired() throws Exception {
      Attachment attachment = Stack.DUAL.attachment(0);
      reach(Stack.DUAL.desired());
      PodNamespace pod = attach(Stack.DUAL, attachment);

      world.takeOffBridge(attachment.hostVeth());

      assertThat(dataplane.check(Stack.DUAL.request(attachment), pod)).isNotEmpty();
      assertRepaired(Stack.DUAL.desired(attachment));
      assertThat(dataplane.check(Stack.DUAL.request(attachment), pod)).isEmpty();
    }

    @Test
    void oneThatNobodyNeedsIsDeletedWithAllThatBelongsToIt() throws Exception {
      Attachment stays = Stack.DUAL.attachment(0);
      Attachment goes = Stack.DUAL.attachment(1);
      reach(Stack.DUAL.desired());
      attach(Stack.DUAL, stays);
      attach(Stack.DUAL, goes);

      reach(Stack.DUAL.desired(stays));

      assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(stays));
    }

    @Test
    void noPlanMakesOne() throws Exception {
      reach(Stack.DUAL.desired());
      NodeState wanted = Stack.DUAL.desired(Stack.DUAL.attachment(0));

      reach(wanted);

      assertThat(dataplane.read()).isEqualTo(wanted.with(HostVeth.KIND, Set.of()));
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
