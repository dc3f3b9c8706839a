// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What each event of lists and watches means for the next view. */
class AllocationTableEventsTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final Machine MACHINE = new Machine("sys1", "boot1");
  private static final ThisNode NODE =
      new ThisNode("node1", "uid1", MACHINE, List.of(IpAddress.parse("192.168.1.11")));
  private static final Allocation PEER =
      AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made();

  private static final PoolRange FOUR = PoolRanges.accepted("four", "10.0.0.0/8");

  private final AllocationTable table = new AllocationTable(NODE, GRACE, false, 0);

  @Test
  void an_allocation_changes_the_view_when_it_is_new_or_another_or_back() {
    assertThat(table.upsert(PEER, START)).isTrue();
    assertThat(table.upsert(PEER, START)).isFalse();
    Allocation moved =
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.13").made();
    assertThat(table.upsert(moved, START)).isTrue();
    table.delete(PEER.name(), START);
    assertThat(table.upsert(moved, START)).isTrue();
    assertThat(table.upsert(moved, START)).isFalse();
  }

  @Test
  void every_block_of_a_node_that_moved_is_taken_once() {
    Allocation other =
        AllocationMaker.of("10.244.3.0/24", "node2", "uid2").at("192.168.1.12").made();
    table.upsert(PEER, START);
    table.upsert(other, START);
    table.upsert(own("10.244.1.0/24"), START);
    assertThat(table.takeMoved()).as("new ones did not move").isEmpty();

    table.upsert(
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.13").made(), START);
    assertThat(table.takeMoved())
        .extracting(Peer::block)
        .containsExactlyInAnyOrder(PEER.cidr(), other.cidr());
    assertThat(table.takeMoved()).isEmpty();
  }

  @Test
  void an_allocation_that_was_released_and_is_created_again_changes_the_view() {
    Allocation releasing =
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").releasing().made();
    table.upsert(releasing, START);
    table.delete(releasing.name(), START);
    assertThat(table.upsert(PEER, START)).isTrue();
    assertThat(table.view().peers().released()).isEmpty();
  }

  @Test
  void a_peer_was_first_seen_like_this_when_how_it_is_reached_changed_last() {
    table.upsertPool(FOUR);
    table.upsert(PEER, START);
    table.upsert(PEER, START.plusSeconds(5));
    assertThat(peer().since()).isEqualTo(START);

    Allocation moved =
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.13").made();
    table.upsert(moved, START.plusSeconds(9));
    assertThat(peer().since()).isEqualTo(START.plusSeconds(9));

    table.delete(PEER.name(), START.plusSeconds(11));
    table.upsert(moved, START.plusSeconds(13));
    assertThat(peer().since()).isEqualTo(START.plusSeconds(13));
  }

  @Test
  void a_pool_changes_the_view_when_it_is_new_or_another_or_back() {
    PoolRange inactive = PoolRanges.inactive(FOUR);
    table.upsert(own("10.244.1.0/24"), START);
    assertThat(table.upsertPool(inactive)).isTrue();
    assertThat(table.upsertPool(inactive)).isFalse();
    assertThat(table.upsertPool(FOUR)).isTrue();
    table.deletePool("four");
    assertThat(table.upsertPool(FOUR)).isTrue();
    assertThat(table.upsertPool(FOUR)).isFalse();
  }

  @Test
  void a_pool_that_is_gone_without_a_block_counts_for_no_later_one() {
    table.upsertPool(FOUR);
    table.deletePool("four");
    table.upsert(own("10.244.1.0/24"), START);
    assertThat(table.view().blocks())
        .extracting(OwnBlock::state)
        .containsExactly(BlockState.NOT_IN_POOL);
    table.delete("10-244-1-0-24", START);
    table.deletePool("four");
    assertThat(table.view().masquerade()).contains(Masquerade.NONE);
  }

  @Test
  void a_family_is_pending_while_it_has_a_pool_that_is_listed_and_active() {
    ThisNode dualStack =
        new ThisNode(
            "node1",
            "uid1",
            MACHINE,
            List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd01::11")));
    AllocationTable newNode = new AllocationTable(dualStack, GRACE, true, 0);
    newNode.upsert(own("10.244.1.0/24"), START);
    newNode.upsert(AllocationMaker.of("fd00:244:0:2::/64", "node2", "uid2").made(), START);

    PoolRange six = PoolRanges.accepted("six", "fd00:244::/48");
    newNode.upsertPool(PoolRanges.inactive(six));
    assertThat(newNode.view().pending()).isEmpty();
    newNode.upsertPool(six);
    assertThat(newNode.view().pending()).containsExactly(Family.IPV6);
    newNode.deletePool("six");
    assertThat(newNode.view().pending()).isEmpty();
  }

  @Test
  void the_list_is_not_trusted_once_the_last_own_block_was_released() {
    table.upsert(own("10.244.1.0/24"), START);
    table.upsert(AllocationMaker.of("10.244.1.0/24", "node1", "uid1").releasing().made(), START);
    table.delete("10-244-1-0-24", START);
    table.advance(GRACE.toNanos());
    assertThat(table.view().peers().keepOthers()).isTrue();
  }

  @Test
  void the_list_is_not_trusted_once_its_blocks_are_another_machines() {
    table.upsert(own("10.244.1.0/24"), START);
    table.setNode(new ThisNode("node1", "uid2", new Machine("sys1", "boot2"), NODE.addresses()));
    table.advance(GRACE.toNanos());
    assertThat(table.view().peers().keepOthers()).isTrue();
  }

  @Test
  void own_blocks_and_peers_are_in_the_order_of_their_addresses() {
    for (int i = 20; i > 0; i--) {
      table.upsert(own("10.244.%d.0/24".formatted(i)), START);
      table.upsert(
          AllocationMaker.of("10.245.%d.0/24".formatted(i), "node2", "uid2").made(), START);
    }
    assertThat(table.view().blocks()).extracting(OwnBlock::cidr).hasSize(20).isSorted();
    assertThat(table.view().peers().known()).extracting(Peer::block).hasSize(20).isSorted();
  }

  @Test
  void of_overlapping_blocks_of_one_age_the_first_by_name_counts() {
    table.upsertPool(FOUR);
    for (int i = 1; i <= 20; i++) {
      table.upsert(AllocationMaker.of("10.%d.9.0/24".formatted(i), "node2", "uid2").made(), START);
      table.upsert(AllocationMaker.of("10.%d.0.0/16".formatted(i), "node3", "uid3").made(), START);
    }
    assertThat(table.view().peers().known())
        .filteredOn(peer -> peer.state() == Peer.State.OVERLAPPING)
        .hasSize(20)
        .allMatch(peer -> peer.block().prefixLength() == 24);
  }

  private Peer peer() {
    return table.view().peers().known().get(0);
  }

  private static Allocation own(String cidr) {
    return AllocationMaker.of(cidr, "node1", "uid1").on(MACHINE).made();
  }
}
