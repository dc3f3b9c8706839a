// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.CidrSet;
import dev.weft.core.net.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointsTest {
  @Test
  void ofThousandsOfClonesAFewAreNamedAndOneMoreChangesNothing() {
    Endpoint clone = new Endpoint(List.of(IpAddress.parse("192.168.1.11")));
    Endpoints endpoints = new Endpoints(new CidrSet(List.of()));
    for (int i = 1000; i < 6000; i++) {
      endpoints.add("node" + i, clone);
    }
    Blocker before = endpoints.shared(clone).orElseThrow();
    assertThat(before.message()).contains("node1000, node1001,", "node1009 and others: ");
    endpoints.add("node6000", clone);
    assertThat(endpoints.shared(clone)).contains(before);
  }
}
