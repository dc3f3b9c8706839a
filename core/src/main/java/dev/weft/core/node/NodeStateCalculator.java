// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Port;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a node should be like. What a running pod needs is never taken from it: a gateway goes only
 * with the last pod of its block, and before a first list everything stays as it is.
 */
public final class NodeStateCalculator {
  /** The bridge's MTU where neither the uplink nor an earlier bridge tells one. */
  private static final int DEFAULT_MTU_BYTES = 1500;

  private final ClusterView view;
  private final NodeFacts facts;
  private final Collection<Attachment> attachments;
  private final Set<HostPort> hostPorts;
  private final NodeState actual;
  private final NodeNetworks networks;

  private NodeStateCalculator(
      ClusterView view,
      NodeFacts facts,
      Collection<Attachment> attachments,
      Set<HostPort> hostPorts,
      NodeState actual) {
    this.view = view;
    this.facts = facts;
    this.attachments = attachments;
    this.hostPorts = hostPorts;
    this.actual = actual;
    this.networks = new NodeNetworks(facts);
  }

  /**
   * Calculates it.
   *
   * @param attachments the pods' interfaces
   * @param hostPorts the host ports that lead to them
   * @param actual the state as it is: what stays of it depends on what is known
   */
  public static Calculation calculate(
      ClusterView view,
      NodeFacts facts,
      Collection<Attachment> attachments,
      Set<HostPort> hostPorts,
      NodeState actual) {
    return new NodeStateCalculator(view, facts, List.copyOf(attachments), hostPorts, actual)
        .calculate();
  }

  /** Which facts {@link #calculate} looks at. */
  public static FactsWanted factsWanted(ClusterView view) {
    List<Cidr> ranges = new ArrayList<>();
    List<IpAddress> nextHops = new ArrayList<>();
    view.rules().ifPresent(rules -> ranges.addAll(rules.pools()));
    view.blocks().forEach(block -> ranges.add(block.cidr()));
    for (Peer peer : view.peers().known()) {
      ranges.add(peer.block());
      PeerRoutes.nextHop(peer).ifPresent(nextHops::add);
    }
    return new FactsWanted(ranges, nextHops);
  }

  private Calculation calculate() {
    List<OwnBlock> blocks = view.blocks().stream().map(this::unlessInTheWay).toList();
    PeerRoutes peerRoutes = new PeerRoutes(networks, actual);
    List<PeerReport> peers = view.peers().known().stream().map(peerRoutes::report).toList();
    Set<InterfaceAddress> gateways = gateways(blocks);
    boolean serves = !gateways.isEmpty() || !attachments.isEmpty();
    boolean keep = !view.listed() && actual.bridge().isPresent();

    Set<Route> routes = PeerRoutes.of(peers);
    routes.addAll(
        peerRoutes.unknown(view.peers(), view.blocks().stream().map(OwnBlock::cidr).toList()));
    Bridge bridge = bridge(gateways);
    addOwnRoutes(routes, bridge);
    NodeState desired =
        new NodeState(
            serves || keep ? Optional.of(bridge) : Optional.empty(),
            ports(),
            routes,
            neighbours(),
            antiSpoof(),
            hostPorts,
            serves || keep ? nodeAddresses(gateways) : Set.of(),
            serves || keep ? Optional.of(rules()) : Optional.empty());
    return new Calculation(desired, blocks, peers, doubts(), notReady(blocks));
  }

  private OwnBlock unlessInTheWay(OwnBlock block) {
    return block.state().isProgrammed() ? networks.unlessInTheWay(block) : block;
  }

  private Set<InterfaceAddress> gateways(List<OwnBlock> blocks) {
    Set<InterfaceAddress> gateways = new HashSet<>();
    for (OwnBlock block : blocks) {
      if (block.state().isProgrammed() || isUsed(block.cidr())) {
        gateways.add(block.gateway());
      }
    }
    for (InterfaceAddress gateway : actual.bridge().map(Bridge::gateways).orElse(Set.of())) {
      if (!view.listed() || isUsed(gateway.network())) {
        gateways.add(gateway);
      }
    }
    return gateways;
  }

  private boolean isUsed(Cidr block) {
    return attachments.stream()
        .anyMatch(attachment -> attachment.addresses().stream().anyMatch(block::contains));
  }

  private Bridge bridge(Set<InterfaceAddress> gateways) {
    int mtuBytes =
        networks
            .mtuOf(view.nodeAddresses())
            .orElseGet(() -> actual.bridge().map(Bridge::mtuBytes).orElse(DEFAULT_MTU_BYTES));
    return new Bridge(MacAddress.BRIDGE, mtuBytes, true, gateways);
  }

  /** A gateway that is only to be set up is one already. */
  private Set<IpAddress> nodeAddresses(Set<InterfaceAddress> gateways) {
    Set<IpAddress> addresses = new HashSet<>(facts.addresses());
    gateways.forEach(gateway -> addresses.add(gateway.address()));
    return addresses;
  }

  private Map<String, Port> ports() {
    Map<String, Port> ports = new HashMap<>();
    for (Attachment attachment : attachments) {
      String name = attachment.portName();
      ports.put(name, new Port(name, Optional.of(attachment), true, mtuOf(attachment)));
    }
    return ports;
  }

  private int mtuOf(Attachment attachment) {
    Port port = actual.ports().get(attachment.portName());
    return port == null ? 0 : port.mtuBytes();
  }

  private void addOwnRoutes(Set<Route> routes, Bridge bridge) {
    Set<Cidr> taken = routes.stream().map(Route::destination).collect(Collectors.toSet());
    for (InterfaceAddress gateway : bridge.gateways()) {
      if (!taken.contains(gateway.network())) {
        routes.add(Route.unreachable(gateway.network()));
      }
    }
    for (Attachment attachment : attachments) {
      int mtuBytes = mtuOf(attachment) < bridge.mtuBytes() ? mtuOf(attachment) : 0;
      attachment.addresses().forEach(address -> routes.add(Route.toPod(address, mtuBytes)));
    }
  }

  private Set<Neighbour> neighbours() {
    Set<Neighbour> neighbours = new HashSet<>();
    for (Attachment attachment : attachments) {
      MacAddress mac = attachment.mac();
      attachment.addresses().forEach(address -> neighbours.add(new Neighbour(address, mac)));
    }
    return neighbours;
  }

  private Set<AntiSpoofEntry> antiSpoof() {
    Set<AntiSpoofEntry> antiSpoof = new HashSet<>();
    for (Attachment attachment : attachments) {
      for (IpAddress address : attachment.addresses()) {
        antiSpoof.add(new AntiSpoofEntry(attachment.portName(), attachment.mac(), address));
      }
    }
    return antiSpoof;
  }

  private Rules rules() {
    return view.rules().or(actual::rules).orElse(new Rules(Set.of(), Set.of()));
  }

  private List<Blocker> doubts() {
    List<Blocker> doubts = new ArrayList<>(forwardDrops());
    if (facts.foreignRoutes().size() == NodeFacts.MAX_FOREIGN_ROUTES) {
      String message =
          ("%,d routes or more that are not ours lie in the pools' ranges: only so many are looked"
                  + " at, and one that is in the way of a block may be among the others; what makes"
                  + " them?")
              .formatted(NodeFacts.MAX_FOREIGN_ROUTES);
      doubts.add(new Blocker(Blocker.FOREIGN_ROUTE, message));
    }
    return doubts;
  }

  private List<Blocker> forwardDrops() {
    return facts.forwardDrops().stream()
        .map(
            chain ->
                new Blocker(
                    Blocker.FORWARD_DROP,
                    ("chain %s drops what this node forwards unless a rule accepts it: pods may be cut"
                            + " off; accept what comes from and goes to %s there, or set its policy to"
                            + " accept")
                        .formatted(chain, Bridge.NAME)))
        .toList();
  }

  private Optional<String> notReady(List<OwnBlock> blocks) {
    if (blocks.stream().allMatch(block -> block.state() == BlockState.OTHER_NODE)) {
      return Optional.of(
          view.listed()
              ? "this node has no block: no IPAllocation names it yet (is there an IPPool with a"
                  + " free block that selects it?)"
              : "this node's blocks are not known: no list of IPAllocations has come from the API"
                  + " server yet");
    }
    if (!view.pending().isEmpty()) {
      return Optional.of("this node waits for its first block of " + view.pending());
    }
    return blocks.stream()
        .filter(block -> block.state().isProgrammed())
        .map(block -> block.cidr().family())
        .filter(family -> !facts.forwarding().contains(family))
        .findFirst()
        .map(NodeStateCalculator::forwardingOff);
  }

  private static String forwardingOff(Family family) {
    String setting = family == Family.IPV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
    return "the node does not forward IPv%d: set %s=1".formatted(family.version(), setting);
  }
}
