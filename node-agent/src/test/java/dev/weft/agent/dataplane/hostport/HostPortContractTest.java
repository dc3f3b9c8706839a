// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.KindContract;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the driver of host ports promises. */
class HostPortContractTest {
  abstract static class Contract extends KindContract<HostPort> {
    Contract() {
      super(
          HostPort.KIND,
          hostPort(Stack.DUAL.attachment(0), 8080),
          hostPort(Stack.DUAL.attachment(0), 9090));
    }

    @Test
    void hostPortsComeAndGoWithTheirPod() throws Exception {
      Attachment other = Stack.DUAL.attachment(1);
      Set<HostPort> hostPorts = Set.of(hostPort(other, 8080));

      dataplane.attach(Stack.DUAL.request(other, hostPorts), world.newPod());
      assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(List.of(pod, other), hostPorts));
      dataplane.detach(other, hostPorts);
      assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(pod));
      dataplane.detach(other, hostPorts);
    }

    private static HostPort hostPort(Attachment pod, int podPort) {
      IpAddress address = pod.addresses().get(0);
      return new HostPort(HostPort.anyOf(address.family()), Protocol.UDP, 40053, address, podPort);
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
