// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static dev.weft.core.node.PoolRanges.accepted;
import static dev.weft.core.node.PoolRanges.rejected;
import static dev.weft.core.node.PoolRanges.reserving;
import static dev.weft.core.node.PoolRanges.undecided;
import static dev.weft.core.node.PoolRanges.unmasqueraded;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the ranges in force of pools mean for an agent. */
class AllocationPoolsTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final ThisNode NODE =
      new ThisNode(
          "node1",
          "uid1",
          new Machine("sys1", "boot1"),
          List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd01::11")));
  private static final AllocationMaker OWN =
      AllocationMaker.of("10.244.1.0/24", "node1", "uid1").in("main");
  private static final AllocationMaker PEER =
      AllocationMaker.of("10.244.2.0/24", "node2", "uid2").in("main").at("192.168.1.12");
  private static final Cidr RANGE = Cidr.parse("10.244.0.0/16");

  private final AllocationTable table = new AllocationTable(NODE, Duration.ofMinutes(10), true, 0);

  @Test
  void a_block_in_its_pools_range_in_force_counts() {
    table.upsertPool(PoolRanges.of("main", "10.0.0.0/8", "10.244.0.0/16"));
    upsert(OWN);
    upsert(PEER);
    assertOwn(BlockState.ACTIVE);
    assertPeer(Peer.State.LISTED);
    assertThat(own().pool()).isEqualTo("main");
  }

  @Test
  void an_endpoint_in_a_pool_that_holds_no_nodes_is_refused() {
    PoolRange pool = accepted("main", "10.244.0.0/16");
    table.upsertPool(PoolRanges.podsOnly(pool));
    upsert(PEER.at("10.244.77.5"));
    assertThat(peerEndpoint().refusal())
        .contains("10.244.77.5 lies in a pool, and is the InternalIP of no node");
    assertThat(peerEndpoint().addresses()).isEmpty();

    upsert(PEER.at("192.168.1.12"));
    assertThat(peerEndpoint().refusal()).isEmpty();

    upsert(PEER.at("10.244.77.5"));
    table.upsertPool(pool);
    assertThat(peerEndpoint().refusal()).isEmpty();
  }

  @Test
  void what_is_reported_of_another_range_than_that_in_force_refuses_no_endpoint() {
    table.upsertPool(PoolRanges.podsOnly(PoolRanges.of("main", "10.244.0.0/17", "10.244.0.0/16")));
    upsert(PEER.at("10.244.77.5"));
    assertThat(peerEndpoint().refusal()).isEmpty();
  }

  private Endpoint peerEndpoint() {
    return table.view().peers().known().get(0).endpoint();
  }

  @Test
  void a_block_outside_its_pools_range_in_force_is_not_served_and_gets_no_route() {
    table.upsertPool(PoolRanges.of("main", "8.0.0.0/5", "10.244.0.0/16"));
    upsert(AllocationMaker.of("8.8.8.0/24", "node1", "uid1").in("main"));
    upsert(AllocationMaker.of("8.8.9.0/24", "node2", "uid2").in("main").at("192.168.1.12"));
    assertOwn(BlockState.NOT_IN_POOL);
    assertThat(own().message())
        .isEqualTo("8.8.8.0/24 lies outside the range in force (status.cidr) of IPPool main");
    assertPeer(Peer.State.NOT_IN_POOL);
    assertThat(table.view().peers().known().get(0).reachable()).isTrue();
  }

  @Test
  void a_block_that_holds_its_pools_range_lies_outside_it() {
    table.upsertPool(accepted("main", "10.244.1.0/24"));
    upsert(AllocationMaker.of("10.244.0.0/16", "node1", "uid1").in("main"));
    assertOwn(BlockState.NOT_IN_POOL);
  }

  @Test
  void a_block_of_a_pool_of_another_name_or_of_none_does_not_count() {
    table.upsertPool(accepted("other", "10.244.0.0/16"));
    upsert(OWN);
    upsert(PEER);
    assertOwn(BlockState.NOT_IN_POOL);
    assertPeer(Peer.State.NOT_IN_POOL);
  }

  @Test
  void a_pool_that_was_rejected_has_no_blocks_and_is_not_masqueraded() {
    table.upsertPool(rejected("main", "10.244.0.0/16"));
    upsert(OWN);
    upsert(PEER);
    assertOwn(BlockState.NOT_IN_POOL);
    assertPeer(Peer.State.NOT_IN_POOL);
    assertThat(table.view().masquerade()).contains(Masquerade.NONE);
  }

  @Test
  void a_pool_that_is_not_decided_on_acts_by_its_declared_range_once_a_block_names_it() {
    table.upsertPool(undecided("main", "10.244.0.0/16"));
    table.upsertPool(undecided("other", "10.9.0.0/16"));
    assertThat(table.view().masquerade()).contains(Masquerade.NONE);

    upsert(OWN);
    assertOwn(BlockState.ACTIVE);
    assertThat(table.view().masquerade()).contains(new Masquerade(Set.of(RANGE), Set.of(RANGE)));
    upsert(AllocationMaker.of("10.245.1.0/24", "node2", "uid2").in("main").at("192.168.1.12"));
    assertPeer(Peer.State.NOT_IN_POOL);
  }

  @Test
  void a_pool_whose_status_was_lost_keeps_the_range_that_was_known() {
    table.upsertPool(PoolRanges.of("main", "10.0.0.0/8", "10.244.0.0/16"));
    upsert(OWN);
    assertThat(table.upsertPool(undecided("main", "10.0.0.0/8"))).isFalse();
    assertOwn(BlockState.ACTIVE);
    assertThat(table.view().masquerade()).contains(new Masquerade(Set.of(RANGE), Set.of(RANGE)));
    upsert(AllocationMaker.of("10.9.1.0/24", "node2", "uid2").in("main").at("192.168.1.12"));
    assertPeer(Peer.State.NOT_IN_POOL);

    table.upsertPool(accepted("main", "10.0.0.0/8"));
    assertPeer(Peer.State.LISTED);
  }

  @Test
  void a_rejected_pool_whose_status_is_lost_stays_rejected_until_the_operator_decides() {
    table.upsertPool(rejected("main", "10.244.0.0/16"));
    upsert(OWN);
    table.upsertPool(undecided("main", "10.244.0.0/16"));
    assertOwn(BlockState.NOT_IN_POOL);
    table.upsertPool(accepted("main", "10.244.0.0/16"));
    assertOwn(BlockState.ACTIVE);
  }

  @Test
  void an_undecided_pool_that_is_reported_again_takes_its_new_declared_range() {
    table.upsertPool(undecided("main", "10.9.0.0/16"));
    assertThat(table.upsertPool(undecided("main", "10.244.0.0/16"))).isTrue();
    upsert(OWN);
    assertOwn(BlockState.ACTIVE);
  }

  @Test
  void what_a_pool_reserves_counts_for_blocks_of_that_pool_only() {
    table.upsertPool(
        reserving(accepted("main", "10.244.0.0/16"), "10.244.1.128/28", "10.244.9.0/24"));
    table.upsertPool(reserving(accepted("other", "10.0.0.0/8"), "10.244.1.0/28"));
    upsert(OWN);
    assertThat(own().reserved()).containsExactly(Cidr.parse("10.244.1.128/28"));
  }

  @Test
  void the_ranges_in_force_of_all_pools_are_masqueraded_as_each_pool_wants() {
    table.upsertPool(PoolRanges.of("main", "10.240.0.0/12", "10.244.0.0/16"));
    table.upsertPool(unmasqueraded(accepted("plain", "10.9.0.0/16")));
    assertThat(table.view().masquerade())
        .contains(new Masquerade(Set.of(RANGE), Set.of(RANGE, Cidr.parse("10.9.0.0/16"))));
  }

  @Test
  void a_pool_that_is_gone_counts_on_while_a_block_is_of_it() {
    table.upsertPool(accepted("main", "10.244.0.0/16"));
    upsert(PEER.releasing());
    table.deletePool("main");
    assertThat(table.view().masquerade().orElseThrow().pools()).containsExactly(RANGE);
    assertThat(table.view().pending()).isEmpty();

    table.delete(PEER.made().name(), START);
    assertThat(table.view().masquerade()).contains(Masquerade.NONE);
  }

  @Test
  void a_family_is_pending_only_by_a_pool_that_has_a_range_or_is_undecided() {
    upsert(OWN);
    table.upsertPool(accepted("main", "10.244.0.0/16"));
    table.upsertPool(rejected("six", "fd00:244::/48"));
    assertThat(table.view().pending()).isEmpty();
    table.upsertPool(undecided("new", "fd00:245::/48"));
    assertThat(table.view().pending()).containsExactly(Family.IPV6);
    table.deletePool("new");
    assertThat(table.view().pending()).isEmpty();
    table.upsertPool(accepted("six", "fd00:244::/48"));
    assertThat(table.view().pending()).containsExactly(Family.IPV6);
  }

  private void upsert(AllocationMaker allocation) {
    table.upsert(allocation.made(), START);
  }

  private OwnBlock own() {
    return table.view().blocks().get(0);
  }

  private void assertOwn(BlockState state) {
    assertThat(table.view().blocks()).extracting(OwnBlock::state).containsExactly(state);
  }

  private void assertPeer(Peer.State state) {
    assertThat(table.view().peers().known()).extracting(Peer::state).containsExactly(state);
  }
}
