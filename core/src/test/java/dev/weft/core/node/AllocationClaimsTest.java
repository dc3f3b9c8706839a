// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.pool.Block;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blocks that are claimed again, drained, given back and remembered, as an agent sees them. */
class AllocationClaimsTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final ThisNode NODE =
      new ThisNode(
          "node1", "uid1", new Machine("sys1", "boot1"), List.of(IpAddress.parse("192.168.1.11")));
  private static final AllocationMaker OWN = AllocationMaker.of("10.244.1.0/24", "node1", "uid1");
  private static final AllocationMaker PEER =
      AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.12");

  private final AllocationTable table = table();

  private static AllocationTable table() {
    AllocationTable table = new AllocationTable(NODE, Duration.ofMinutes(10), false, 0);
    table.upsertPool(PoolRanges.accepted("four", "10.244.0.0/16"));
    return table;
  }

  @Test
  void a_claim_is_no_block_until_it_is_accepted() {
    for (AllocationMaker claim : List.of(OWN, PEER)) {
      assertThat(table.upsert(claim.in(Block.State.CLAIMED).made(), START)).isFalse();
      assertNothing();
    }
    upsert(OWN.in(Block.State.ACTIVE).ofGeneration(2));
    upsert(PEER);
    assertOwn(BlockState.ACTIVE);
    assertThat(own().generation()).isEqualTo(2);
    assertPeer("node2", Peer.State.LISTED);
  }

  @Test
  void a_claim_that_was_never_accepted_leaves_nothing_when_it_goes() {
    for (AllocationMaker claim :
        List.of(
            OWN.in(Block.State.CLAIMED),
            PEER.in(Block.State.CLAIMED),
            OWN.in(Block.State.CLAIMED).releasing())) {
      upsert(claim);
      table.delete(claim.made().name(), START);
      assertNothing();
    }
  }

  @Test
  void an_own_block_that_is_lost_stays_lost_while_it_is_claimed() {
    upsert(OWN);
    table.delete(OWN.made().name(), START);
    assertOwn(BlockState.DELETED);
    assertThat(table.upsert(OWN.in(Block.State.CLAIMED).made(), START)).isFalse();
    assertOwn(BlockState.DELETED);
    upsert(OWN.ofGeneration(2));
    assertOwn(BlockState.ACTIVE);
  }

  @Test
  void an_own_block_whose_claim_is_refused_is_claimed_again_only_for_its_pods() {
    upsert(OWN);
    table.delete(OWN.made().name(), START);
    for (int claims = 0; claims < 2; claims++) {
      upsert(OWN.in(Block.State.CLAIMED));
      table.delete(OWN.made().name(), START);
      assertOwn(BlockState.GIVEN_BACK);
    }
    upsert(OWN);
    assertOwn(BlockState.ACTIVE);
  }

  @Test
  void a_claim_in_the_place_of_an_allocation_is_its_deletion() {
    upsert(OWN);
    upsert(PEER);
    assertThat(table.upsert(OWN.in(Block.State.CLAIMED).made(), START)).isTrue();
    assertThat(table.upsert(PEER.in(Block.State.CLAIMED).made(), START)).isTrue();
    assertOwn(BlockState.DELETED);
    assertPeer("node2", Peer.State.LOST);
  }

  @Test
  void a_peers_claim_on_a_lost_block_of_this_node_changes_nothing() {
    upsert(OWN);
    table.delete(OWN.made().name(), START);
    AllocationMaker claim =
        AllocationMaker.of("10.244.1.0/24", "node2", "uid2")
            .at("192.168.1.12")
            .in(Block.State.CLAIMED);
    assertThat(table.upsert(claim.made(), START)).isFalse();
    assertOwn(BlockState.DELETED);
    assertThat(table.view().peers().known()).isEmpty();

    upsert(claim.in(Block.State.ACTIVE));
    assertThat(table.view().blocks()).isEmpty();
    assertPeer("node2", Peer.State.LISTED);
  }

  @Test
  void a_lost_block_that_its_node_claims_is_not_forgotten_meanwhile() {
    upsert(OWN);
    upsert(PEER);
    table.delete(PEER.made().name(), START);
    upsert(PEER.in(Block.State.CLAIMED));
    table.advance(Duration.ofHours(9).toNanos());
    assertPeer("node2", Peer.State.LOST);

    table.delete(PEER.made().name(), START);
    table.advance(Duration.ofHours(10).toNanos());
    assertThat(table.view().peers().known()).isEmpty();
  }

  @Test
  void a_lost_block_that_another_node_claims_is_forgotten_as_if_it_did_not() {
    upsert(OWN);
    upsert(PEER);
    table.delete(PEER.made().name(), START);
    upsert(AllocationMaker.of("10.244.2.0/24", "node3", "uid3").in(Block.State.CLAIMED));
    assertPeer("node2", Peer.State.LOST);
    table.advance(Duration.ofHours(9).toNanos());
    assertThat(table.view().peers().known()).isEmpty();
  }

  @Test
  void a_peer_that_is_registered_again_and_claims_its_lost_block_keeps_its_route() {
    upsert(PEER);
    table.delete(PEER.made().name(), START);
    AllocationMaker again = AllocationMaker.of("10.244.2.0/24", "node2", "uid2b");
    upsert(again.in(Block.State.CLAIMED));
    assertPeer("node2", Peer.State.LOST);
    upsert(again);
    assertPeer("node2", Peer.State.LISTED);
    assertThat(table.view().peers().known().get(0).endpoint().addresses())
        .containsExactly(IpAddress.parse("192.168.1.12"));
  }

  @Test
  void a_claim_never_counts_against_a_block_that_is_allocated_or_lost() {
    upsert(
        AllocationMaker.of("10.244.0.0/20", "node3", "uid3")
            .createdAt(START.minusSeconds(100))
            .in(Block.State.CLAIMED));
    upsert(PEER.createdAt(START));
    assertPeer("node2", Peer.State.LISTED);
    table.delete(PEER.made().name(), START);
    assertPeer("node2", Peer.State.LOST);
  }

  @Test
  void a_lost_block_that_overlaps_one_that_is_listed_is_not_to_be_kept() {
    upsert(OWN);
    table.delete(OWN.made().name(), START);
    upsert(AllocationMaker.of("10.244.0.0/20", "node1", "uid1"));
    assertOwn(BlockState.ACTIVE, BlockState.GIVEN_BACK);
  }

  @Test
  void a_draining_block_is_programmed_and_not_allocatable() {
    upsert(OWN.in(Block.State.DRAINING).ofGeneration(3));
    assertOwn(BlockState.DRAINING);
    assertThat(own().isAllocatable()).isFalse();
    assertThat(own().blocker()).isEmpty();
    assertThat(own().generation()).isEqualTo(3);
    assertThat(own().message()).startsWith("IPAllocation 10-244-1-0-24 is Draining:");
    upsert(OWN.ofGeneration(4));
    assertOwn(BlockState.ACTIVE);
    assertThat(own().message()).isEmpty();
  }

  @Test
  void a_draining_block_is_a_peer_like_another() {
    upsert(PEER);
    upsert(PEER.in(Block.State.DRAINING));
    assertPeer("node2", Peer.State.LISTED);
    assertThat(PEER.made().isLike(PEER.in(Block.State.DRAINING).made())).isTrue();
  }

  @Test
  void a_draining_block_that_lies_outside_its_pool_or_is_released_is_reported_as_that() {
    AllocationMaker draining = OWN.in(Block.State.DRAINING);
    upsert(draining.releasing());
    assertOwn(BlockState.RELEASING);
    upsert(draining.in("other"));
    assertOwn(BlockState.NOT_IN_POOL);
  }

  @Test
  void a_block_that_is_deleted_while_draining_was_given_back() {
    upsert(OWN.in(Block.State.DRAINING));
    table.delete(OWN.made().name(), START);
    assertOwn(BlockState.GIVEN_BACK);
    assertThat(own().message()).isEqualTo("IPAllocation 10-244-1-0-24 was deleted");
  }

  @Test
  void remembered_blocks_that_no_list_has_are_lost() {
    upsert(OWN);
    table.remember(
        List.of(
            remembered("10.244.1.0/24", BlockState.ACTIVE),
            remembered("10.244.3.0/24", BlockState.ACTIVE),
            remembered("10.244.4.0/24", BlockState.DRAINING),
            remembered("10.244.5.0/24", BlockState.FOREIGN_ROUTE),
            remembered("10.244.6.0/24", BlockState.RELEASING),
            remembered("10.244.7.0/24", BlockState.OTHER_NODE)),
        START);
    assertOwn(BlockState.ACTIVE, BlockState.DELETED, BlockState.GIVEN_BACK, BlockState.DELETED);
    assertThat(table.view().blocks())
        .extracting(block -> block.cidr().toString())
        .containsExactly("10.244.1.0/24", "10.244.3.0/24", "10.244.4.0/24", "10.244.5.0/24");
    assertThat(table.view().blocks()).extracting(OwnBlock::pool).containsOnly("four");
  }

  @Test
  void a_remembered_block_that_another_node_has_now_is_not_this_nodes() {
    upsert(PEER);
    table.remember(List.of(remembered("10.244.2.0/24", BlockState.ACTIVE)), START);
    assertThat(table.view().blocks()).isEmpty();
    assertPeer("node2", Peer.State.LISTED);
  }

  @Test
  void a_remembered_block_stays_lost_for_ever_and_is_claimed_by_nobody_else() {
    upsert(OWN);
    table.remember(List.of(remembered("10.244.3.0/24", BlockState.ACTIVE)), START);
    AllocationMaker claim =
        AllocationMaker.of("10.244.3.0/24", "node2", "uid2").in(Block.State.CLAIMED);
    assertThat(table.upsert(claim.made(), START)).isFalse();
    table.advance(Duration.ofHours(9).toNanos());
    assertOwn(BlockState.ACTIVE, BlockState.DELETED);
  }

  private static OwnBlock remembered(String cidr, BlockState state) {
    return OwnBlock.of(Cidr.parse(cidr), List.of()).inPool("four").with(state, "remembered");
  }

  private void upsert(AllocationMaker allocation) {
    table.upsert(allocation.made(), START);
  }

  private void assertNothing() {
    assertThat(table.view().blocks()).isEmpty();
    assertThat(table.view().peers().known()).isEmpty();
    assertThat(table.view().peers().released()).isEmpty();
  }

  private OwnBlock own() {
    return table.view().blocks().get(0);
  }

  private void assertOwn(BlockState... states) {
    assertThat(table.view().blocks()).extracting(OwnBlock::state).containsExactly(states);
  }

  private void assertPeer(String node, Peer.State state) {
    assertThat(table.view().peers().known())
        .singleElement()
        .satisfies(peer -> assertThat(peer.node()).isEqualTo(node))
        .satisfies(peer -> assertThat(peer.state()).isEqualTo(state));
  }
}
