// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.testing.KindContract;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the driver of routes promises. */
class RouteContractTest {
  /** A route to another node's block, by way of a node on the uplink of every {@link World}. */
  private static final Route PEER = toPeer("10.244.2.0/24", "192.168.1.12");

  /** As an older version wrote it, whose next hop is its own. */
  private static Route toPeer(String block, String nextHop) {
    return new Route(
        Cidr.parse(block),
        Route.Purpose.PEER,
        Optional.of(IpAddress.parse(nextHop)),
        "uplink",
        0,
        false);
  }

  abstract static class Contract extends KindContract<Route> {
    Contract() {
      super(Route.KIND, PEER, toPeer("10.244.2.0/24", "192.168.1.13"));
    }

    @Test
    void aDeletedRouteIsReportedAndRepaired() throws Exception {
      Semaphore reported = new Semaphore(0);
      dataplane.onChange(reported::release);
      reported.drainPermits();

      world.deleteRoute(Route.toPod(pod.addresses().get(0)));

      assertThat(reported.tryAcquire(90, TimeUnit.SECONDS)).isTrue();
      assertRepaired(Stack.DUAL.desired(pod));
    }

    @Test
    void aForeignRouteToTheSamePrefixIsLeftAloneAndTheRestIsApplied() throws Exception {
      world.addForeignRoute(PEER.destination());
      Route other = toPeer("10.244.3.0/24", "192.168.1.13");
      Change<Route> refused = Change.add(Route.KIND, PEER);

      List<Dataplane.Failure> failures =
          dataplane.apply(List.of(refused, Change.add(Route.KIND, other)));

      assertThat(failures).extracting(f -> (Object) f.change()).containsExactly(refused);
      assertThat(failures)
          .extracting(f -> f.error().reason())
          .containsExactly(Reason.FOREIGN_ROUTE);
      assertThat(dataplane.read().of(Route.KIND)).contains(other).doesNotContain(PEER);
      assertThat(
              dataplane
                  .facts(new FactsWanted(List.of(PEER.destination()), List.of()))
                  .foreignRoutes())
          .contains(PEER.destination());
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
