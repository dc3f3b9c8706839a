// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NodeFactsWantedTest {
  @Test
  void foreignRoutesMatterInPoolsAndBlocksAndNextHopsAreThePeersAddresses() {
    ThisNode node = new ThisNode("node1", "uid1", Machine.UNKNOWN, List.of());
    AllocationTable table = new AllocationTable(node, Duration.ofMinutes(10), false, 0);
    table.upsertPool(PoolRanges.accepted("p", "10.244.0.0/16"));
    table.upsert(AllocationMaker.of("10.9.1.0/24", "node1", "uid1").in("p").made(), Instant.EPOCH);
    table.upsert(ofPeer(), Instant.EPOCH);

    FactsWanted wanted = NodeStateCalculator.factsWanted(table.view());

    assertThat(wanted.holds(Cidr.parse("10.244.7.0/24"))).isTrue();
    assertThat(wanted.holds(Cidr.parse("10.9.1.0/25"))).isTrue();
    assertThat(wanted.holds(Cidr.parse("10.9.2.0/25"))).isTrue();
    assertThat(wanted.holds(Cidr.parse("10.9.3.0/25"))).isFalse();
    assertThat(wanted.nextHops()).containsExactly(IpAddress.parse("192.168.1.12"));
  }

  @Test
  void theWayToATunnelsEndMattersInTheFamilyThatBothNodesHave() {
    assertThat(nextHops("fd01::11")).contains(IpAddress.parse("fd01::12"));
    assertThat(nextHops("fd01::11", "192.168.2.11"))
        .containsExactly(IpAddress.parse("192.168.1.12"));
  }

  private static Allocation ofPeer() {
    return AllocationMaker.of("10.9.2.0/24", "node2", "uid2")
        .in("p")
        .at("192.168.1.12", "fd01::12")
        .made();
  }

  private static Set<IpAddress> nextHops(String... own) {
    List<IpAddress> addresses = Stream.of(own).map(IpAddress::parse).toList();
    ThisNode node = new ThisNode("node1", "uid1", Machine.UNKNOWN, addresses);
    AllocationTable table = new AllocationTable(node, Duration.ofMinutes(10), false, 0);
    table.upsertPool(PoolRanges.accepted("p", "10.9.0.0/16"));
    table.upsert(ofPeer(), Instant.EPOCH);
    return NodeStateCalculator.factsWanted(table.view()).nextHops();
  }
}
