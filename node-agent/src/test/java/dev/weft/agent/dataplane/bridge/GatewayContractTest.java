// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import dev.weft.agent.dataplane.testing.KindContract;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.net.InterfaceAddress;
import org.junit.jupiter.api.Nested;

/** What the driver of gateways promises. */
class GatewayContractTest {
  abstract static class Contract extends KindContract<Gateway> {
    Contract() {
      super(
          Gateway.KIND,
          new Gateway(InterfaceAddress.parse("fd00:244:0:7::1/64")),
          new Gateway(InterfaceAddress.parse("fd00:244:0:7::1/80")));
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
