// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllocationTableTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  /** Shortly before the clock that only grows overflows. */
  private static final long START_NANOS = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();

  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final ThisNode NODE =
      new ThisNode(
          "node1",
          "uid1",
          new Machine("sys1", "boot1"),
          List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd00:1::11")));

  private final AllocationTable table = table(true);

  @ParameterizedTest
  @CsvSource({"10.244.1.0/24,10.244.1.1/24", "fd00:244:0:1::/64,fd00:244:0:1::1/64"})
  void a_block_of_this_name_and_uid_is_ours(String cidr, String gateway) {
    upsert(allocation(cidr, "node1", "uid1").made(), START);

    assertThat(view().blocks())
        .singleElement()
        .satisfies(
            block -> {
              assertThat(block.isAllocatable()).isTrue();
              assertThat(block.gateway()).hasToString(gateway);
            });
  }

  @Test
  void a_block_of_an_earlier_node_of_this_name_gives_nothing_out() {
    upsert(allocation("10.244.1.0/24", "node1", "uid0").made(), START);

    assertThat(view().blocks())
        .singleElement()
        .satisfies(block -> assertThat(block.state()).isEqualTo(BlockState.OTHER_NODE))
        .satisfies(block -> assertThat(block.message()).contains("uid0"));
  }

  @Test
  void a_block_of_an_earlier_node_of_this_name_on_the_same_running_machine_is_ours() {
    upsert(
        allocation("10.244.1.0/24", "node1", "uid0").on(new Machine("sys1", "boot1")).made(),
        START);
    upsert(
        allocation("10.244.2.0/24", "node1", "uid0").on(new Machine("sys1", "boot0")).made(),
        START);

    assertThat(view().blocks()).extracting(OwnBlock::isAllocatable).containsExactly(true, false);
  }

  @Test
  void the_mac_of_tunnels_follows_an_earlier_uid_until_the_operator_rewrote_every_block() {
    Machine machine = NODE.machine();
    assertThat(view().tunnelUid()).as("without a block").isEqualTo("uid1");
    for (String block : List.of("10.244.1.0/24", "10.244.2.0/24", "fd00:244:0:1::/64")) {
      upsert(allocation(block, "node1", "uid0").on(machine).made(), START);
    }
    for (String block : List.of("10.244.1.0/24", "fd00:244:0:1::/64", "10.244.2.0/24")) {
      assertThat(view().tunnelUid()).as("before %s is rewritten", block).isEqualTo("uid0");
      assertThat(view().nodeUid()).isEqualTo("uid1");
      upsert(allocation(block, "node1", "uid1").on(machine).made(), START);
    }
    assertThat(view().tunnelUid()).isEqualTo("uid1");
  }

  @Test
  void a_block_that_nobody_sends_to_does_not_decide_the_mac_of_tunnels() {
    upsert(allocation("10.244.1.0/24", "node1", "uid0").made(), START);
    upsert(
        allocation("10.244.2.0/24", "node1", "uid0").on(NODE.machine()).releasing().made(), START);
    assertThat(view().tunnelUid()).isEqualTo("uid1");
  }

  @Test
  void a_lost_block_decides_the_mac_of_tunnels_until_its_claim_is_accepted() {
    upsert(allocation("10.244.1.0/24", "node1", "uid0").on(NODE.machine()).made(), START);
    delete("10-244-1-0-24", START);
    assertThat(view().tunnelUid()).isEqualTo("uid0");
    upsert(allocation("10.244.1.0/24", "node1", "uid1").on(NODE.machine()).made(), START);
    assertThat(view().tunnelUid()).isEqualTo("uid1");
  }

  @Test
  void an_own_block_that_is_lost_or_released_gives_nothing_out() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node1", "uid1").releasing().made(), START);
    delete("10-244-1-0-24", START);

    assertThat(view().blocks())
        .extracting(OwnBlock::state)
        .containsExactly(BlockState.DELETED, BlockState.RELEASING);
    assertThat(view().blocks())
        .extracting(OwnBlock::message)
        .containsExactly(
            "IPAllocation 10-244-1-0-24 was deleted",
            "IPAllocation 10-244-2-0-24 is being released");
  }

  @Test
  void a_peer_that_was_not_released_is_kept_when_the_list_lacks_it() {
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    delete("10-244-2-0-24", START.plusSeconds(9));

    Peer peer = view().peers().known().get(0);
    assertThat(peer.state()).isEqualTo(Peer.State.LOST);
    assertThat(peer.reachable()).isTrue();
    assertThat(peer.since()).isEqualTo(START.plusSeconds(9));
  }

  @Test
  void a_block_of_a_range_that_can_never_be_pods_gives_nothing_out() {
    upsert(allocation("224.0.0.0/24", "node1", "uid1").made(), START);

    assertThat(view().blocks())
        .singleElement()
        .satisfies(block -> assertThat(block.state()).isEqualTo(BlockState.UNUSABLE_RANGE))
        .satisfies(block -> assertThat(block.message()).contains("224.0.0.0/4"));
  }

  @Test
  void a_lost_peer_is_forgotten_once_the_list_was_believable_without_it_for_the_grace() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    assertThat(viewAt(START).peers().known()).hasSize(1);
    delete("10-244-2-0-24", START.plusSeconds(500));
    viewAt(START.plusSeconds(500));

    assertThat(viewAt(START.plusSeconds(1099)).peers().known())
        .singleElement()
        .satisfies(peer -> assertThat(peer.state()).isEqualTo(Peer.State.LOST));
    assertThat(viewAt(START.plusSeconds(1100)).peers().known()).isEmpty();
    assertThat(viewAt(START.plusSeconds(1100)).peers().keepOthers()).isFalse();
  }

  @Test
  void a_lost_peer_that_is_made_again_in_time_is_not_forgotten() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    viewAt(START);
    delete("10-244-2-0-24", START.plusSeconds(1));
    viewAt(START.plusSeconds(1));
    upsert(allocation("10.244.2.0/24", "node2", "uid2").made(), START.plusSeconds(5));

    assertThat(viewAt(START.plusSeconds(9999)).peers().known())
        .singleElement()
        .satisfies(peer -> assertThat(peer.state()).isEqualTo(Peer.State.LISTED));
  }

  @Test
  void while_the_list_is_not_believable_no_peer_is_forgotten() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    viewAt(START);
    delete("10-244-2-0-24", START.plusSeconds(1));
    delete("10-244-1-0-24", START.plusSeconds(1));
    assertThat(viewAt(START.plusSeconds(9999)).peers().known()).hasSize(1);
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START.plusSeconds(10_000));
    assertThat(viewAt(START.plusSeconds(10_000)).peers().known()).hasSize(1);
    assertThat(viewAt(START.plusSeconds(10_599)).peers().known()).hasSize(1);
    assertThat(viewAt(START.plusSeconds(10_600)).peers().known()).isEmpty();
  }

  @Test
  void while_the_lists_may_be_old_no_peer_is_forgotten() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    viewAt(START);
    delete("10-244-2-0-24", START.plusSeconds(1));
    viewAt(START.plusSeconds(1));

    table.listsMayBeOld(nanos(START.plusSeconds(9999))); // no watch is open
    ClusterView view = table.view();
    assertThat(view.peers().known()).hasSize(1);
    assertThat(view.peers().keepOthers()).isTrue();
    assertThat(viewAt(START.plusSeconds(10_598)).peers().known()).hasSize(1);
    assertThat(viewAt(START.plusSeconds(10_599)).peers().known()).isEmpty();
  }

  @Test
  void a_family_that_the_node_has_no_address_of_is_not_pending() {
    ThisNode onlyFour =
        new ThisNode("node1", "uid1", NODE.machine(), List.of(IpAddress.parse("192.168.1.11")));
    table.upsertPool(pool("six", "fd00:244::/48"));
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    table.setNode(onlyFour);
    assertThat(viewAt(START).pending()).isEmpty();
    table.setNode(NODE);
    assertThat(viewAt(START).pending()).containsExactly(Family.IPV6);
  }

  @Test
  void a_peer_that_was_released_goes() {
    upsert(
        allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").releasing().made(), START);
    assertThat(view().peers().known().get(0).reachable()).isFalse();

    delete("10-244-2-0-24", START);
    assertThat(view().peers().known()).isEmpty();
    assertThat(view().peers().released()).containsExactly(Cidr.parse("10.244.2.0/24"));
  }

  @Test
  void a_release_that_is_withdrawn_gives_a_peer_its_route_back() {
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    upsert(
        allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").releasing().made(), START);
    assertThat(view().peers().known().get(0).reachable()).isFalse();

    upsert(
        allocation("10.244.2.0/24", "node2", "uid2b").at("192.168.1.12").made(),
        START.plusSeconds(9));

    Peer peer = view().peers().known().get(0);
    assertThat(peer.state()).isEqualTo(Peer.State.LISTED);
    assertThat(peer.endpoint().addresses()).containsExactly(IpAddress.parse("192.168.1.12"));
    delete("10-244-2-0-24", START);
    assertThat(view().peers().known().get(0).reachable()).isTrue();
    assertThat(view().peers().released()).isEmpty();
  }

  @Test
  void a_release_that_is_withdrawn_opens_the_owners_block_again() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").releasing().made(), START);
    assertThat(view().blocks().get(0).isAllocatable()).isFalse();

    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);

    assertThat(view().blocks().get(0).isAllocatable()).isTrue();
  }

  @Test
  void a_new_owner_takes_the_route_over_even_before_its_agent_tells_where_it_is() {
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    delete("10-244-2-0-24", START);
    upsert(allocation("10.244.2.0/24", "node3", "uid3").made(), START);

    assertThat(view().peers().known())
        .singleElement()
        .satisfies(
            peer -> {
              assertThat(peer.node()).isEqualTo("node3");
              assertThat(peer.endpoint()).isEqualTo(Endpoint.UNKNOWN);
              assertThat(peer.state()).isEqualTo(Peer.State.NEW_OWNER);
            });
    delete("10-244-2-0-24", START);
    assertThat(view().peers().known().get(0).state()).isEqualTo(Peer.State.NEW_OWNER);
    upsert(allocation("10.244.2.0/24", "node3", "uid3").made(), START);
    assertThat(view().peers().known().get(0).state()).isEqualTo(Peer.State.NEW_OWNER);
    upsert(allocation("10.244.2.0/24", "node3", "uid3").at("192.168.1.13").made(), START);
    assertThat(view().peers().known().get(0).state()).isEqualTo(Peer.State.LISTED);
  }

  @Test
  void a_block_given_anew_after_its_release_has_a_new_owner() {
    upsert(
        allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").releasing().made(), START);
    delete("10-244-2-0-24", START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").made(), START);

    assertThat(view().peers().known().get(0).state()).isEqualTo(Peer.State.NEW_OWNER);
  }

  @Test
  void a_peer_that_has_told_nothing_since_the_start_is_no_new_owner() {
    upsert(allocation("10.244.2.0/24", "node2", "uid2").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").made(), START);

    assertThat(view().peers().known().get(0).state()).isEqualTo(Peer.State.LISTED);
  }

  @Test
  void a_peer_made_anew_keeps_its_endpoint_until_its_agent_tells_it_again() {
    Machine machine = new Machine("system", "boot");
    upsert(
        allocation("10.244.2.0/24", "node2", "uid2").on(machine).at("192.168.1.12").made(), START);
    delete("10-244-2-0-24", START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").made(), START);

    assertThat(view().peers().known().get(0).endpoint().addresses())
        .containsExactly(IpAddress.parse("192.168.1.12"));
  }

  @Test
  void of_overlapping_blocks_the_oldest_counts() {
    upsert(
        allocation("10.244.0.0/16", "nowhere", "").createdAt(START.plusSeconds(1)).made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").createdAt(START).made(), START);
    upsert(
        allocation("10.244.2.128/25", "node1", "uid1").createdAt(START.plusSeconds(2)).made(),
        START);

    ClusterView view = view();
    assertThat(view.peers().known())
        .extracting(Peer::state)
        .containsExactly(Peer.State.OVERLAPPING, Peer.State.LISTED);
    assertThat(view.blocks().get(0).state()).isEqualTo(BlockState.OVERLAPPING);
  }

  @Test
  void a_lost_block_never_counts_against_a_listed_one() {
    upsert(allocation("10.244.2.0/24", "node2", "uid2").createdAt(START).made(), START);
    delete("10-244-2-0-24", START);
    upsert(
        allocation("10.244.2.0/23", "node3", "uid3").createdAt(START.plusSeconds(5)).made(), START);

    assertThat(view().peers().known())
        .extracting(Peer::state)
        .containsExactly(Peer.State.LISTED, Peer.State.OVERLAPPING);
  }

  @Test
  void routes_to_unknown_blocks_stay_for_the_grace_of_a_believable_list() {
    assertThat(viewAt(START.plus(GRACE).plus(GRACE)).peers().keepOthers()).isTrue();

    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    assertThat(viewAt(START).peers().keepOthers()).isTrue();
    assertThat(viewAt(START.plus(GRACE).minusMillis(1)).peers().keepOthers()).isTrue();
    assertThat(viewAt(START.plus(GRACE)).peers().keepOthers()).isFalse();
  }

  @Test
  void a_list_that_lacks_this_nodes_blocks_is_not_believed_and_starts_the_grace_anew() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    viewAt(START);
    delete("10-244-1-0-24", START);
    assertThat(viewAt(START.plus(GRACE)).peers().keepOthers()).isTrue();

    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START.plus(GRACE));
    assertThat(viewAt(START.plus(GRACE)).peers().keepOthers()).isTrue();
    assertThat(viewAt(START.plus(GRACE).plus(GRACE)).peers().keepOthers()).isFalse();
  }

  @Test
  void a_new_node_waits_a_moment_for_its_first_block_of_each_family_that_has_a_pool() {
    table.upsertPool(pool("four", "10.244.0.0/16"));
    table.upsertPool(pool("six", "fd00:244::/48"));
    assertThat(viewAt(START).pending()).isEmpty();

    upsert(allocation("fd00:244:0:1::/64", "node1", "uid1").made(), START);
    assertThat(viewAt(START).pending()).containsExactly(Family.IPV4);
    assertThat(viewAt(START.plusSeconds(9)).pending()).containsExactly(Family.IPV4);
    assertThat(viewAt(START.plusSeconds(10)).pending()).isEmpty();

    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    assertThat(viewAt(START).pending()).isEmpty();
  }

  @Test
  void a_family_whose_pools_do_not_select_the_node_is_not_pending() {
    Selector zone = new Selector(Map.of("zone", "b"), List.of());
    table.upsertPool(pool("four", "10.244.0.0/16"));
    table.upsertPool(PoolRanges.selecting(pool("six", "fd00:244::/48"), zone));
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);

    assertThat(viewAt(START).pending()).isEmpty();
    ThisNode inZone =
        new ThisNode("node1", "uid1", NODE.machine(), NODE.addresses(), Map.of("zone", "b"));
    table.setNode(inZone);
    assertThat(viewAt(START).pending()).containsExactly(Family.IPV6);
  }

  @Test
  void a_node_that_had_a_block_before_waits_for_no_other() {
    AllocationTable restarted = table(false);
    restarted.upsertPool(pool("six", "fd00:244::/48"));
    restarted.upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    assertThat(restarted.view().pending()).isEmpty();
  }

  @Test
  void a_block_for_an_earlier_node_of_this_name_is_not_the_nodes_first() {
    table.upsertPool(pool("four", "10.244.0.0/16"));
    table.upsertPool(pool("six", "fd00:244::/48"));
    upsert(allocation("10.244.1.0/24", "node1", "uid0").made(), START);
    assertThat(viewAt(START).pending()).isEmpty();

    upsert(allocation("fd00:244:0:1::/64", "node1", "uid1").made(), START.plusSeconds(60));
    assertThat(viewAt(START.plusSeconds(60)).pending()).containsExactly(Family.IPV4);
    assertThat(viewAt(START.plusSeconds(69)).pending()).containsExactly(Family.IPV4);
    assertThat(viewAt(START.plusSeconds(70)).pending()).isEmpty();
  }

  @Test
  void a_block_is_the_nodes_first_once_the_node_is_known() {
    ThisNode unknown = new ThisNode("node1", "", Machine.UNKNOWN, NODE.addresses());
    table.upsertPool(pool("four", "10.244.0.0/16"));
    table.upsertPool(pool("six", "fd00:244::/48"));
    table.setNode(unknown);
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    assertThat(viewAt(START).pending()).isEmpty();

    assertThat(table.setNode(NODE)).isTrue();
    assertThat(table.setNode(NODE)).isFalse();
    assertThat(viewAt(START).pending()).containsExactly(Family.IPV6);
  }

  @Test
  void the_graces_begin_with_the_event_whether_there_was_a_view_or_not() {
    table.upsertPool(pool("four", "10.244.0.0/16"));
    table.upsertPool(pool("six", "fd00:244::/48"));
    table.upsertPool(pool("other", "10.9.0.0/16"));
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(
        allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").releasing().made(), START);
    upsert(allocation("10.9.3.0/24", "node3", "uid3").in("other").at("192.168.1.13").made(), START);
    delete("10-244-2-0-24", START);
    delete("10-9-3-0-24", START);
    table.deletePool("other");

    assertThat(viewAt(START.plusSeconds(10)).pending()).isEmpty();
    ClusterView late = viewAt(START.plus(GRACE));
    assertThat(late.peers()).isEqualTo(new Peers(List.of(), Set.of(), false));
    assertThat(late.masquerade().orElseThrow().pools()).doesNotContain(Cidr.parse("10.9.0.0/16"));
  }

  @Test
  void a_view_changes_nothing() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    delete("10-244-2-0-24", START);
    table.advance(nanos(START.plus(GRACE).minusMillis(1)));

    assertThat(table.view()).isEqualTo(table.view());
    assertThat(table.view().peers().known()).hasSize(1);
  }

  @Test
  void what_was_forgotten_stays_so_when_the_lists_may_be_old_later() {
    upsert(allocation("10.244.1.0/24", "node1", "uid1").made(), START);
    upsert(allocation("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").made(), START);
    delete("10-244-2-0-24", START);
    table.advance(nanos(START.plus(GRACE)));

    table.listsMayBeOld(nanos(START.plus(GRACE)));

    assertThat(table.view().peers()).isEqualTo(new Peers(List.of(), Set.of(), true));
  }

  private static PoolRange pool(String name, String cidr) {
    return PoolRanges.accepted(name, cidr);
  }

  private static long nanos(Instant now) {
    return START_NANOS + Duration.between(START, now).toNanos();
  }

  private AllocationTable table(boolean newNode) {
    AllocationTable table = new AllocationTable(NODE, GRACE, newNode, nanos(START));
    table.upsertPool(PoolRanges.inactive(pool("four", "10.244.0.0/16")));
    table.upsertPool(PoolRanges.inactive(pool("six", "fd00:244::/48")));
    return table;
  }

  private void upsert(Allocation allocation, Instant at) {
    table.advance(nanos(at));
    table.upsert(allocation, at);
  }

  private void delete(String name, Instant at) {
    table.advance(nanos(at));
    table.delete(name, at);
  }

  private ClusterView view() {
    return viewAt(START.plusSeconds(60));
  }

  private ClusterView viewAt(Instant at) {
    table.advance(nanos(at));
    return table.view();
  }

  private static AllocationMaker allocation(String cidr, String node, String uid) {
    return AllocationMaker.of(cidr, node, uid);
  }
}
