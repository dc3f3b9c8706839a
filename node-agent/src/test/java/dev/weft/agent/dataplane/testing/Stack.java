// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PodName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The families that a node's pods have: every test of the dataplane runs with each. */
public enum Stack {
  IPV4("10.244.1.0/24"),
  IPV6("fd00:244:0:1::/64"),
  DUAL("10.244.1.0/24", "fd00:244:0:1::/64");

  public static final int MTU = 1500;

  private final List<Cidr> blocks;

  Stack(String... blocks) {
    this.blocks = List.of(blocks).stream().map(Cidr::parse).toList();
  }

  public List<Cidr> blocks() {
    return blocks;
  }

  public Set<Family> families() {
    return blocks.stream().map(Cidr::family).collect(Collectors.toSet());
  }

  public List<InterfaceAddress> gateways() {
    return blocks.stream()
        .map(block -> new InterfaceAddress(block.address().plus(1), block.prefixLength()))
        .toList();
  }

  /** The addresses of the pod of this number, from 0. */
  public List<IpAddress> addresses(int pod) {
    return blocks.stream().map(block -> block.address().plus(2 + pod)).toList();
  }

  public Attachment attachment(int pod) {
    return attachment(pod, "container-" + pod);
  }

  public Attachment attachment(int pod, String containerId) {
    return new Attachment(
        "weft",
        new AttachmentKey(containerId, "eth0"),
        addresses(pod),
        Optional.of(new PodName("default", "pod-" + pod)));
  }

  /**
   * An interface of another name, with the addresses of the pod of this number, for a container.
   */
  public Attachment attachment(int pod, String containerId, String ifName) {
    return new Attachment(
        "weft", new AttachmentKey(containerId, ifName), addresses(pod), Optional.empty());
  }

  public AttachRequest request(Attachment attachment) {
    return request(attachment, Set.of());
  }

  public AttachRequest request(Attachment attachment, Set<HostPort> hostPorts) {
    return new AttachRequest(attachment, gateways(), MTU, hostPorts);
  }

  /** What a node with these blocks and pods should be. */
  public NodeState desired(Attachment... pods) {
    return desired(List.of(pods));
  }

  public NodeState desired(Collection<Attachment> pods) {
    return desired(pods, Set.of());
  }

  public NodeState desired(Collection<Attachment> pods, Set<HostPort> hostPorts) {
    NodeState.Builder desired = NodeState.builder();
    desired.add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, MTU, true));
    gateways().forEach(gateway -> desired.add(Gateway.KIND, new Gateway(gateway)));
    blocks.forEach(block -> desired.add(Route.KIND, Route.blockRest(block)));
    for (Attachment pod : pods) {
      desired.add(HostVeth.KIND, new HostVeth(pod.hostVeth(), Optional.of(pod), true, MTU));
      for (IpAddress address : pod.addresses()) {
        desired.add(Route.KIND, Route.toPod(address));
        desired.add(Neighbour.KIND, new Neighbour(address, pod.mac()));
        desired.add(AntiSpoofEntry.KIND, new AntiSpoofEntry(pod.hostVeth(), pod.mac(), address));
      }
    }
    return desired
        .add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN)
        .add(MasqueradeRules.KIND, MasqueradeRules.of(masquerade()))
        .add(HostPortRules.KIND, HostPortRules.of(Set.of()))
        .addAll(HostPort.KIND, hostPorts)
        .build();
  }

  public Masquerade masquerade() {
    Set<Cidr> pools =
        Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("fd00:244::/48")).stream()
            .filter(pool -> families().contains(pool.family()))
            .collect(Collectors.toSet());
    return new Masquerade(pools, pools);
  }
}
