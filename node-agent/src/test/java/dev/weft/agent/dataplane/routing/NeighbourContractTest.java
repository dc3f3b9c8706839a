// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import dev.weft.agent.dataplane.testing.KindContract;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import org.junit.jupiter.api.Nested;

/** What the driver of neighbours promises. */
class NeighbourContractTest {
  abstract static class Contract extends KindContract<Neighbour> {
    Contract() {
      super(
          Neighbour.KIND,
          new Neighbour(IpAddress.parse("10.244.1.77"), MacAddress.parse("0a:58:0a:f4:01:4d")),
          new Neighbour(IpAddress.parse("10.244.1.77"), MacAddress.parse("0a:58:0a:f4:01:4e")));
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
