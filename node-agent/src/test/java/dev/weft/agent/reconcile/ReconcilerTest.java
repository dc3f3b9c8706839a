// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.testing.InMemoryDataplane;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Allocation;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Machine;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PoolRange;
import dev.weft.core.node.ThisNode;
import dev.weft.core.node.TunnelSettings;
import dev.weft.core.pool.Block;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReconcilerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final IpAddress ADDRESS = IpAddress.parse("192.168.1.11");
  private static final IpAddress PEER = IpAddress.parse("192.168.1.12");
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final Cidr PEER_BLOCK = Cidr.parse("10.244.2.0/24");
  private static final Route PEER_ROUTE = Route.toPeer(PEER_BLOCK, PEER, "eth0");
  private static final InterfaceAddress GATEWAY = InterfaceAddress.parse("10.244.1.1/24");
  private static final MacAddress OTHER_MAC = MacAddress.ofNode("u2");
  private static final ThisNode NODE =
      new ThisNode("node1", "u1", Machine.UNKNOWN, List.of(ADDRESS));

  private final InMemoryDataplane dataplane = new InMemoryDataplane();
  private final AllocationTable table = new AllocationTable(NODE, Duration.ofMinutes(10), true, 0);
  private Attachments attachments = new Attachments();
  private ClusterView view = ClusterView.UNKNOWN;

  @BeforeEach
  void prepareNode() {
    setAddresses(Set.of(ADDRESS));
    table.upsertPool(
        new PoolRange(
            "pool",
            Cidr.parse("10.244.0.0/16"),
            Optional.of(Cidr.parse("10.244.0.0/16")),
            true,
            List.of(),
            true,
            Selector.ALL,
            true));
    table.upsert(allocation(BLOCK, "node1", "u1", ADDRESS, false), NOW);
    table.upsert(allocation(PEER_BLOCK, "node2", "u2", PEER, false), NOW);
  }

  private void setAddresses(Set<IpAddress> addresses) {
    dataplane.setFacts(
        new NodeFacts(
            List.of(
                new NodeFacts.Interface(
                    "eth0", 1450, List.of(InterfaceAddress.parse("192.168.1.11/24")))),
            addresses,
            Map.of(PEER, "eth0", IpAddress.parse("192.168.1.77"), "eth0"),
            Set.of(),
            Set.of(Family.values()),
            List.of()));
  }

  @Test
  void a_node_is_programmed_and_then_there_is_nothing_left_to_do() throws Exception {
    list();
    ReconcileReport report = reconcile();

    assertThat(report.notReady()).isEmpty();
    assertThat(dataplane.read().of(Gateway.KIND)).containsExactly(new Gateway(GATEWAY));
    assertThat(dataplane.read().only(Bridge.KIND).orElseThrow().mtuBytes()).isEqualTo(1450);
    assertThat(dataplane.read().of(Route.KIND))
        .containsExactlyInAnyOrder(PEER_ROUTE, Route.blockRest(BLOCK));
    assertThat(reconcile().changes()).isEmpty();
  }

  @Test
  void a_new_agent_finds_its_pods_in_the_kernel_and_changes_nothing_before_a_first_list()
      throws Exception {
    NodeState before = programmedWithPod();

    restart();
    ReconcileReport report = reconcile();

    assertThat(report.changes()).isEmpty();
    assertThat(dataplane.read()).isEqualTo(before);
    assertThat(attachments.all()).containsExactly(pod());
  }

  @Test
  void a_new_agent_that_remembers_its_block_is_ready_before_a_first_list() throws Exception {
    programmedWithPod();
    ClusterView remembered =
        new ClusterView(
            false,
            List.of(OwnBlock.of(BLOCK, List.of())),
            ClusterView.UNKNOWN.peers(),
            view.masquerade(),
            List.of(ADDRESS));

    restart();
    view = remembered;

    assertThat(reconcile().notReady()).isEmpty();
    assertThat(reconcile().changes()).isEmpty();
  }

  @Test
  void a_new_agent_sweeps_what_belongs_to_pods_that_left_while_there_was_none() throws Exception {
    programmedWithPod();
    dataplane.endNamespace(new PodNamespace(1, 1));

    restart();
    list();
    reconcile();

    assertThat(attachments.all()).isEmpty();
    assertThat(dataplane.read().of(AntiSpoofEntry.KIND)).isEmpty();
    assertThat(dataplane.read().of(Neighbour.KIND)).isEmpty();
    assertThat(dataplane.read().of(Route.KIND))
        .doesNotContain(Route.toPod(pod().addresses().get(0)));
  }

  @Test
  void drift_is_repaired() throws Exception {
    NodeState before = programmedWithPod();
    dataplane.setBridgeDown();
    assertThat(dataplane.read()).isNotEqualTo(before);
    reconcile();
    assertThat(dataplane.read()).isEqualTo(before);

    dataplane.drift(
        Change.remove(Route.KIND, PEER_ROUTE),
        Change.remove(Gateway.KIND, new Gateway(GATEWAY)),
        Change.remove(Neighbour.KIND, new Neighbour(pod().addresses().get(0), pod().mac())));
    dataplane.remove(AntiSpoofRules.KIND);
    dataplane.remove(MasqueradeRules.KIND);
    dataplane.remove(HostPortRules.KIND);
    reconcile();
    assertThat(dataplane.read()).isEqualTo(before);
  }

  @Test
  void an_empty_list_takes_nothing_from_a_running_pod() throws Exception {
    NodeState before = programmedWithPod();

    table.delete(BLOCK.objectName(), NOW);
    table.delete(PEER_BLOCK.objectName(), NOW);
    table.deletePool("pool");
    list();
    ReconcileReport report = reconcile();

    assertThat(dataplane.read()).isEqualTo(before);
    assertThat(report.notReady()).isEmpty();
    assertThat(report.noAddresses().orElseThrow()).contains("was deleted");
  }

  @Test
  void a_peer_that_is_being_released_loses_its_route() throws Exception {
    list();
    reconcile();
    table.upsert(allocation(PEER_BLOCK, "node2", "u2", PEER, true), NOW);
    list();
    reconcile();
    assertThat(dataplane.read().of(Route.KIND)).containsExactly(Route.blockRest(BLOCK));
  }

  @Test
  void a_peer_whose_address_changes_is_reached_by_the_new_one() throws Exception {
    list();
    reconcile();
    IpAddress moved = IpAddress.parse("192.168.1.77");
    table.upsert(allocation(PEER_BLOCK, "node2", "u2", moved, false), NOW);
    list();
    reconcile();
    assertThat(dataplane.read().of(Route.KIND)).contains(Route.toPeer(PEER_BLOCK, moved, "eth0"));
    assertThat(dataplane.read().of(Route.KIND)).doesNotContain(PEER_ROUTE);
  }

  @Test
  void a_block_whose_gateway_the_kernel_refuses_gives_nothing_out_until_it_takes_it()
      throws Exception {
    list();
    dataplane.failNext(
        Change.add(Gateway.KIND, new Gateway(GATEWAY)),
        new DataplaneException(DataplaneException.Reason.OTHER, "add gateway: EPERM"));

    ReconcileReport report = reconcile();
    assertThat(report.noAddresses().orElseThrow()).contains("add gateway: EPERM");
    assertThat(report.blocks().get(0).state()).isEqualTo(BlockState.FAILED);

    assertThat(reconcile().noAddresses()).isEmpty();
  }

  @Test
  void host_ports_that_another_address_of_the_node_cannot_reach_keep_no_pod_from_its_address()
      throws Exception {
    list();
    reconcile();
    HostPortRules before = dataplane.read().only(HostPortRules.KIND).orElseThrow();
    IpAddress added = IpAddress.parse("192.168.1.50");
    setAddresses(Set.of(ADDRESS, added));
    HostPortRules after = HostPortRules.of(Set.of(ADDRESS, added, GATEWAY.address()));
    dataplane.failNext(
        Change.replace(HostPortRules.KIND, before, after),
        new DataplaneException(DataplaneException.Reason.OTHER, "list connections: ETIMEDOUT"));

    ReconcileReport report = reconcile();

    assertThat(report.failures()).hasSize(1);
    assertThat(report.blocks().get(0).state()).isEqualTo(BlockState.ACTIVE);
    assertThat(report.noAddresses()).isEmpty();
  }

  @Test
  void a_kernel_that_cannot_be_read_is_left_alone() throws Exception {
    list();
    dataplane.failNextRead(
        new DataplaneException(DataplaneException.Reason.OTHER, "dump links: ENOBUFS"));
    assertThatThrownBy(this::reconcile).hasMessage("dump links: ENOBUFS");
    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  @Test
  void the_end_of_a_tunnel_to_a_node_that_moved_is_written_before_the_kernel_is_read()
      throws Exception {
    ClusterSource cluster =
        new ClusterSource() {
          @Override
          public ClusterView view() {
            return table.view();
          }

          @Override
          public List<Peer> movedPeers() {
            return table.takeMoved();
          }
        };
    Reconciler reconciler = new Reconciler(cluster, dataplane, attachments, TunnelSettings.DEFAULT);
    table.upsert(behindTunnel(IpAddress.parse("192.168.2.12")), NOW);
    reconciler.reconcileOnce();

    IpAddress moved = IpAddress.parse("192.168.2.13");
    table.upsert(behindTunnel(moved), NOW);
    dataplane.failNextRead(
        new DataplaneException(DataplaneException.Reason.OTHER, "dump links: ENOBUFS"));
    assertThatThrownBy(reconciler::reconcileOnce).hasMessage("dump links: ENOBUFS");
    assertThat(dataplane.read().of(TunnelEnd.KIND))
        .containsExactly(new TunnelEnd("v-net-vx4", OTHER_MAC, moved));
    assertThat(reconciler.reconcileOnce().failures()).isEmpty();
    assertThat(reconciler.reconcileOnce().changes()).isEmpty();
  }

  private static Allocation behindTunnel(IpAddress address) {
    Endpoint endpoint =
        new Endpoint(
            List.of(address),
            Optional.of(List.of(Cidr.containing(address, 24))),
            Optional.of(OTHER_MAC));
    Allocation direct = allocation(PEER_BLOCK, "node2", "u2", address, false);
    return new Allocation(
        direct.name(),
        direct.cidr(),
        direct.pool(),
        direct.owner(),
        endpoint,
        direct.state(),
        direct.generation(),
        direct.releasing(),
        direct.created());
  }

  private NodeState programmedWithPod() throws Exception {
    list();
    reconcile();
    dataplane.attach(
        new AttachRequest(pod(), List.of(GATEWAY), 1450, Set.of()), new PodNamespace(1, 1));
    reconcile();
    return dataplane.read();
  }

  private void restart() {
    attachments = new Attachments();
    view = ClusterView.UNKNOWN;
  }

  private void list() {
    view = table.view();
  }

  private ReconcileReport reconcile() throws DataplaneException {
    return new Reconciler(() -> view, dataplane, attachments, TunnelSettings.DEFAULT)
        .reconcileOnce();
  }

  private static Attachment pod() {
    return new Attachment(
        "weft",
        new AttachmentKey("c1", "eth0"),
        List.of(IpAddress.parse("10.244.1.2")),
        Optional.empty());
  }

  private static Allocation allocation(
      Cidr block, String node, String uid, IpAddress endpoint, boolean releasing) {
    return new Allocation(
        block.objectName(),
        block,
        "pool",
        new Allocation.Owner(node, uid, Machine.UNKNOWN),
        new Endpoint(List.of(endpoint)),
        Block.State.ACTIVE,
        1,
        releasing,
        NOW);
  }
}
