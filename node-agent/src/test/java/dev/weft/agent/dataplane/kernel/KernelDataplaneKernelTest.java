// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KernelDataplaneKernelTest extends DataplaneContract implements World.Kernel {
  @Test
  void anApplyReportsItselfOnlyWhereItChangedSomething() throws Exception {
    Change<Route> refused = Change.add(Route.KIND, toPeer("10.244.2.0/24"));
    world.addForeignRoute(refused.after().orElseThrow().destination());
    Thread self = Thread.currentThread();
    AtomicInteger reported = new AtomicInteger();
    dataplane.onChange(
        () -> {
          if (Thread.currentThread() == self) {
            reported.incrementAndGet();
          }
        });

    assertThat(dataplane.apply(List.of(refused))).hasSize(1);
    assertThat(reported).hasValue(0);

    Change<Route> made = Change.add(Route.KIND, toPeer("10.244.3.0/24"));
    assertThat(dataplane.apply(List.of(refused, made))).hasSize(1);
    assertThat(reported).hasValue(1);

    assertThat(dataplane.apply(List.of())).isEmpty();
    assertThat(reported).hasValue(1);
  }

  private static Route toPeer(String block) {
    return new Route(
        Cidr.parse(block),
        Route.Purpose.PEER,
        Optional.of(IpAddress.parse("192.168.1.12")),
        "uplink",
        0,
        false);
  }
}
