// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RouteTest {
  private static final Route POD = Route.toPod(IpAddress.parse("10.244.1.2"));
  private static final Route PEER =
      Route.toPeer(Cidr.parse("10.244.2.0/24"), IpAddress.parse("192.168.1.12"), "eth0");
  private static final Route BLOCK_REST = Route.blockRest(Cidr.parse("fd00:244:0:1::/64"));

  @Test
  void isReadFromTheKernelAsItWasWritten() {
    for (Route route : List.of(POD, POD.withMtu(1400), PEER, BLOCK_REST)) {
      assertThat(
              Route.read(
                  route.destination(),
                  route.purpose() != Route.Purpose.BLOCK_REST,
                  route.nextHop(),
                  route.device(),
                  route.mtuBytes(),
                  route.shared()))
          .isEqualTo(route);
    }
  }

  @Test
  void isWrittenAsIpRouteWritesIt() {
    assertThat(Stream.of(POD, POD.withMtu(1400), PEER, BLOCK_REST).map(Route::toString))
        .containsExactly(
            "10.244.1.2/32 dev v-net-0",
            "10.244.1.2/32 dev v-net-0 mtu 1400",
            "10.244.2.0/24 via 192.168.1.12 dev eth0",
            "unreachable fd00:244:0:1::/64");
  }
}
