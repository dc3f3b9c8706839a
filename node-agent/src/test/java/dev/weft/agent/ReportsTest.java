// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.install.InstallException;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.Peers;
import dev.weft.core.node.PodName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReportsTest {
  private static final Cidr FIRST = Cidr.parse("10.244.1.0/24");
  private static final Cidr SECOND = Cidr.parse("10.244.2.0/24");
  private static final Blocker CNI_CONFIG_CONFLICT =
      new Blocker(InstallException.CNI_CONFIG_CONFLICT, "10-other.conflist");

  private final List<String> told = new ArrayList<>();

  @Test
  void nodes_are_counted_by_name() {
    assertThat(StatusReports.nodes(report(served(FIRST)))).isEqualTo(2);
  }

  @Test
  void each_pod_of_a_lost_block_is_told_once() {
    LostBlocks lost = new LostBlocks((pod, why) -> told.add(pod + ": " + why));
    List<Attachment> pods = List.of(pod("blue", "10.244.1.2"), pod("red", "10.244.2.2"));
    OwnBlock gone = served(FIRST).with(BlockState.DELETED, "deleted");

    lost.check(List.of(served(FIRST)), pods);
    lost.check(List.of(gone), pods);
    lost.check(List.of(gone), pods);
    assertThat(told).containsExactly("default/blue: deleted");

    lost.check(List.of(served(FIRST)), pods);
    lost.check(List.of(gone), pods);
    lost.check(List.of(gone.with(BlockState.OTHER_NODE, "of another")), pods);
    assertThat(told)
        .containsExactly(
            "default/blue: deleted", "default/blue: deleted", "default/blue: of another");
  }

  @ParameterizedTest
  @EnumSource(BlockState.class)
  void pods_are_told_of_each_state_in_which_their_block_is_lost_and_of_no_other(BlockState state) {
    new LostBlocks((pod, why) -> told.add(why))
        .check(List.of(served(FIRST).with(state, "why")), List.of(pod("blue", "10.244.1.2")));

    boolean lost =
        Set.of(
                BlockState.DELETED,
                BlockState.GIVEN_BACK,
                BlockState.OTHER_NODE,
                BlockState.RELEASING)
            .contains(state);
    assertThat(told).hasSize(lost ? 1 : 0);
  }

  @Test
  void a_blocker_on_this_node_is_told_once_until_it_has_gone() {
    BlockerEvents events = new BlockerEvents((reason, message) -> told.add(reason));
    Blocker foreign = new Blocker(Blocker.FOREIGN_ROUTE, "cni0 is there");
    events.check(Set.of(foreign));
    events.check(Set.of(foreign));
    assertThat(told).containsExactly("ForeignRoute");

    events.check(Set.of(CNI_CONFIG_CONFLICT));
    events.check(Set.of(CNI_CONFIG_CONFLICT, foreign));
    assertThat(told).containsExactly("ForeignRoute", "CNIConfigConflict", "ForeignRoute");
  }

  @Test
  void of_thousands_of_blockers_of_a_kind_a_few_are_told_and_that_there_are_more() {
    Set<Blocker> behindALink =
        IntStream.range(0, 5_000)
            .mapToObj(i -> new Blocker(Blocker.NEXT_HOP_NOT_ON_LINK, "node" + i))
            .collect(Collectors.toSet());
    BlockerEvents events = new BlockerEvents((reason, message) -> told.add(message));
    events.check(behindALink);

    assertThat(told)
        .containsExactly(
            "node0",
            "node1",
            "node10",
            "node100",
            "node1000",
            "more than 5 of this kind: /readyz, /v1/blocks and /v1/peers of the node's agent list"
                + " all");
  }

  static OwnBlock served(Cidr block) {
    return OwnBlock.of(block, List.of());
  }

  static Attachment pod(String name, String address) {
    return new Attachment(
        "weft",
        new AttachmentKey("c-" + name, "eth0"),
        List.of(IpAddress.parse(address)),
        Optional.of(new PodName("default", name)));
  }

  /** What a run found that says the node is good where it has a block. */
  static ReconcileReport report(OwnBlock... blocks) {
    Peer peer = new Peer("node2", SECOND, Endpoint.UNKNOWN, Peer.State.LISTED, Instant.EPOCH);
    PeerReport noEndpoint =
        new PeerReport(
            peer, Optional.empty(), Optional.of(new Blocker(Blocker.NO_ENDPOINT, "not told")));
    ClusterView view =
        new ClusterView(
            true,
            List.of(blocks),
            Peers.UNKNOWN,
            Optional.empty(),
            List.of(
                IpAddress.parse("192.168.1.11"),
                IpAddress.parse("192.168.2.11"),
                IpAddress.parse("fd01::11")));
    return new ReconcileReport(
        view,
        new Calculation(
            NodeState.EMPTY,
            List.of(blocks),
            List.of(noEndpoint, noEndpoint),
            Endpoint.firstOfEachFamily(view.nodeAddresses()),
            List.of(),
            blocks.length == 0 ? Optional.of("no block") : Optional.empty()),
        List.of(blocks),
        List.of(),
        List.of());
  }
}
