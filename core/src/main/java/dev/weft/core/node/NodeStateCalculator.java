// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
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
  /** The features of the dataplane; each may use what those before it want. */
  private static final List<Contribution> CONTRIBUTIONS =
      List.of(
          new BridgeContribution(),
          new AntiSpoofContribution(),
          new MasqueradeContribution(),
          new HostPortContribution(),
          new PeerRouteContribution(),
          new TunnelContribution(),
          new BlockContribution(),
          new PodContribution());

  private final NodeInput node;

  private NodeStateCalculator(NodeInput node) {
    this.node = node;
  }

  /**
   * Calculates it.
   *
   * @param tunnels what this cluster's tunnels are like
   * @param attachments the pods' interfaces
   * @param hostPorts the host ports that lead to them
   * @param actual the state as it is: what stays of it depends on what is known
   */
  public static Calculation calculate(
      ClusterView view,
      TunnelSettings tunnels,
      NodeFacts facts,
      Collection<Attachment> attachments,
      Set<HostPort> hostPorts,
      NodeState actual) {
    return new NodeStateCalculator(
            NodeInput.of(view, tunnels, facts, attachments, hostPorts, actual))
        .calculate();
  }

  /** Which facts {@link #calculate} uses. */
  public static FactsWanted factsWanted(ClusterView view) {
    List<Cidr> ranges = new ArrayList<>();
    List<IpAddress> nextHops = new ArrayList<>();
    view.masquerade().ifPresent(masquerade -> ranges.addAll(masquerade.pools()));
    view.blocks().forEach(block -> ranges.add(block.cidr()));
    Map<Family, Routing> own = PeerRoutes.ownRouting(view);
    Endpoint addresses = Endpoint.firstOfEachFamily(view.nodeAddresses());
    for (Peer peer : view.peers().known()) {
      ranges.add(peer.block());
      Routing ofThisNode = own.getOrDefault(peer.block().family(), Routing.DIRECT);
      if (peer.routing().stricter(ofThisNode) != Routing.VXLAN) {
        PeerRoutes.nextHop(peer).ifPresent(nextHops::add);
      }
      Tunnels.remote(addresses, peer.endpoint()).ifPresent(nextHops::add);
    }
    return new FactsWanted(ranges, nextHops);
  }

  private Calculation calculate() {
    NodeState.Builder desired = NodeState.builder();
    CONTRIBUTIONS.forEach(contribution -> contribution.addTo(desired, node));
    return new Calculation(
        desired.build(),
        node.blocks(),
        node.peers(),
        endpoint(desired.of(VxlanDevice.KIND)),
        warnings(desired.of(VxlanDevice.KIND)),
        notReady(node.blocks()));
  }

  private Endpoint endpoint(Set<VxlanDevice> devices) {
    Endpoint addresses = Endpoint.firstOfEachFamily(node.view().nodeAddresses());
    return new Endpoint(
        addresses.addresses(),
        Optional.of(node.networks().networksOf(addresses.addresses())),
        devices.stream().map(VxlanDevice::mac).findFirst());
  }

  private List<Blocker> warnings(Set<VxlanDevice> devices) {
    List<Blocker> warnings = new ArrayList<>(forwardDrops());
    podsOfLargerMtu().ifPresent(warnings::add);
    node.facts().interfaces().stream()
        .filter(NodeFacts.Interface::strict)
        .filter(link -> devices.stream().anyMatch(device -> device.link().equals(link.name())))
        .map(NodeStateCalculator::strict)
        .forEach(warnings::add);
    if (!devices.isEmpty()) {
      String names =
          devices.stream().map(VxlanDevice::name).sorted().collect(Collectors.joining(" and "));
      node.facts().strictChains().stream()
          .map(chain -> strictChain(chain, names))
          .forEach(warnings::add);
    }
    if (node.facts().foreignRoutes().size() == NodeFacts.MAX_FOREIGN_ROUTES) {
      String message =
          ("%,d routes or more that are not ours lie in the pools' ranges: only so many are"
                  + " read, and one that is in the way of a block may be among the others; what makes"
                  + " them?")
              .formatted(NodeFacts.MAX_FOREIGN_ROUTES);
      warnings.add(new Blocker(Blocker.FOREIGN_ROUTE, message));
    }
    return warnings;
  }

  private Optional<Blocker> podsOfLargerMtu() {
    int mtuBytes = node.podMtuBytes();
    List<String> pods =
        node.actual().of(HostVeth.KIND).stream()
            .filter(veth -> veth.mtuBytes() > mtuBytes)
            .map(veth -> veth.attachment().flatMap(Attachment::pod).map(Object::toString))
            .map(pod -> pod.orElse("a pod without a name"))
            .sorted()
            .toList();
    if (pods.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Blocker(
            Blocker.PODS_OF_LARGER_MTU,
            ("%d pods have a larger MTU than the %d that new ones get, such as %s: what they send too"
                    + " large is answered with ICMP; restart them to end that")
                .formatted(pods.size(), mtuBytes, pods.get(0))));
  }

  private static Blocker strict(NodeFacts.Interface link) {
    return new Blocker(
        Blocker.STRICT_REVERSE_PATH,
        ("link %s drops packets whose answer would leave by another link (rp_filter 1): while a path"
                + " changes between route and tunnel packets are lost; set net.ipv4.conf.%s.rp_filter=2"
                + " and net.ipv4.conf.all.rp_filter to 0 or 2")
            .formatted(link.name(), link.name()));
  }

  private static Blocker strictChain(String chain, String devices) {
    return new Blocker(
        Blocker.STRICT_REVERSE_PATH,
        ("chain %s drops packets whose answer would leave by another link (fib or rpfilter): while a"
                + " path changes between route and tunnel packets are lost; accept what comes from"
                + " %s there, or make it loose (firewalld: IPv6_rpfilter=loose in firewalld.conf)")
            .formatted(chain, devices));
  }

  private List<Blocker> forwardDrops() {
    return node.facts().forwardDrops().stream()
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
    boolean none = blocks.stream().allMatch(block -> block.state() == BlockState.OTHER_NODE);
    boolean pending = !node.view().pending().isEmpty();
    if (!node.view().listed() && (none || pending)) {
      return Optional.of(
          "this node's blocks are not known: no list of IPAllocations has come from the API server"
              + " yet");
    }
    if (none) {
      return Optional.of(
          "this node has no block: no IPAllocation names it yet (is there an IPPool with a free"
              + " block that selects it?)");
    }
    if (pending) {
      return Optional.of("this node waits for its first block of " + node.view().pending());
    }
    return blocks.stream()
        .filter(block -> block.state().isProgrammed())
        .map(block -> block.cidr().family())
        .filter(family -> !node.facts().forwarding().contains(family))
        .findFirst()
        .map(NodeStateCalculator::forwardingOff);
  }

  private static String forwardingOff(Family family) {
    String setting = family == Family.IPV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
    return "the node does not forward IPv%d: set %s=1".formatted(family.version(), setting);
  }
}
