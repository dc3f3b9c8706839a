// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Port;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PodName;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The families that a node's pods have: every test of the dataplane runs with each. */
enum Stack {
  IPV4("10.244.1.0/24"),
  IPV6("fd00:244:0:1::/64"),
  DUAL("10.244.1.0/24", "fd00:244:0:1::/64");

  static final int MTU = 1500;

  private final List<Cidr> blocks;

  Stack(String... blocks) {
    this.blocks = List.of(blocks).stream().map(Cidr::parse).toList();
  }

  List<Cidr> blocks() {
    return blocks;
  }

  Set<Family> families() {
    return blocks.stream().map(Cidr::family).collect(Collectors.toSet());
  }

  List<InterfaceAddress> gateways() {
    return blocks.stream()
        .map(block -> new InterfaceAddress(block.address().plus(1), block.prefixLength()))
        .toList();
  }

  /** The addresses of the pod of this number, from 0. */
  List<IpAddress> addresses(int pod) {
    return blocks.stream().map(block -> block.address().plus(2 + pod)).toList();
  }

  Attachment attachment(int pod) {
    return attachment(pod, "container-" + pod);
  }

  Attachment attachment(int pod, String containerId) {
    return new Attachment(
        "weft",
        new AttachmentKey(containerId, "eth0"),
        addresses(pod),
        Optional.of(new PodName("default", "pod-" + pod)));
  }

  /**
   * An interface of another name, with the addresses of the pod of this number, for a container.
   */
  Attachment attachment(int pod, String containerId, String ifName) {
    return new Attachment(
        "weft", new AttachmentKey(containerId, ifName), addresses(pod), Optional.empty());
  }

  AttachRequest request(Attachment attachment) {
    return request(attachment, Set.of());
  }

  AttachRequest request(Attachment attachment, Set<HostPort> hostPorts) {
    return new AttachRequest(attachment, gateways(), MTU, hostPorts);
  }

  /** What a node with these blocks and pods should be. */
  NodeState desired(Attachment... pods) {
    return desired(List.of(pods));
  }

  NodeState desired(Collection<Attachment> pods) {
    return desired(pods, Set.of());
  }

  NodeState desired(Collection<Attachment> pods, Set<HostPort> hostPorts) {
    Set<Route> routes = new HashSet<>();
    blocks.forEach(block -> routes.add(Route.unreachable(block)));
    Set<Neighbour> neighbours = new HashSet<>();
    Set<AntiSpoofEntry> antiSpoof = new HashSet<>();
    for (Attachment pod : pods) {
      for (IpAddress address : pod.addresses()) {
        routes.add(Route.toPod(address));
        neighbours.add(new Neighbour(address, pod.mac()));
        antiSpoof.add(new AntiSpoofEntry(pod.portName(), pod.mac(), address));
      }
    }
    return new NodeState(
        Optional.of(new Bridge(MacAddress.BRIDGE, MTU, true, Set.copyOf(gateways()))),
        pods.stream()
            .map(pod -> new Port(pod.portName(), Optional.of(pod), true, MTU))
            .collect(Collectors.toMap(Port::name, port -> port)),
        routes,
        neighbours,
        antiSpoof,
        hostPorts,
        Set.of(),
        Optional.of(rules()));
  }

  Rules rules() {
    Set<Cidr> pools =
        Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("fd00:244::/48")).stream()
            .filter(pool -> families().contains(pool.family()))
            .collect(Collectors.toSet());
    return new Rules(pools, pools);
  }
}
