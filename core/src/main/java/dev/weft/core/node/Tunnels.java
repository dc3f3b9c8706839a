// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The tunnels that this node can have: over IPv4 where both nodes have an InternalIP of it, else
 * over IPv6.
 */
final class Tunnels {
  /** Below it IPv6 does not work (RFC 8200, section 5). */
  static final int LEAST_MTU_BYTES = 1280;

  private final NodeFacts facts;
  private final NodeNetworks networks;
  private final Map<Family, VxlanDevice> devices = new EnumMap<>(Family.class);
  private final Map<Family, String> tooSmall = new EnumMap<>(Family.class);

  Tunnels(ClusterView view, NodeFacts facts, NodeNetworks networks, TunnelSettings settings) {
    this.facts = facts;
    this.networks = networks;
    Endpoint own = Endpoint.firstOfEachFamily(view.nodeAddresses());
    for (Family underlay : Family.values()) {
      Optional<IpAddress> local = own.address(underlay);
      Optional<NodeFacts.Interface> link = local.flatMap(networks::linkOf);
      if (link.isPresent() && !view.tunnelUid().isEmpty()) {
        add(underlay, local.get(), link.get(), MacAddress.ofNode(view.tunnelUid()), settings);
      }
    }
  }

  private void add(
      Family underlay,
      IpAddress local,
      NodeFacts.Interface link,
      MacAddress mac,
      TunnelSettings settings) {
    int mtuBytes = settings.within(link.mtuBytes() - VxlanDevice.overheadBytes(underlay));
    if (mtuBytes < LEAST_MTU_BYTES) {
      tooSmall.put(
          underlay,
          "a tunnel by %s of MTU %d would pass packets of %d bytes, and %d are needed"
              .formatted(link.name(), link.mtuBytes(), mtuBytes, LEAST_MTU_BYTES));
    } else {
      devices.put(
          underlay,
          new VxlanDevice(
              underlay, mac, mtuBytes, settings.vni(), settings.port(), link.name(), local, true));
    }
  }

  /** The tunnel to another node; empty where there can be none, and {@link #blocker} is why. */
  Optional<Tunnel> to(Endpoint endpoint) {
    return underlay(endpoint)
        .flatMap(
            family ->
                endpoint
                    .vxlan()
                    .map(mac -> tunnel(devices.get(family), mac, endpoint.address(family).get())));
  }

  /**
   * A path that is known to pass less than the link does fits in what passes: never less though.
   */
  private Tunnel tunnel(VxlanDevice device, MacAddress mac, IpAddress remote) {
    int passes =
        networks.pathMtuTo(remote).orElse(Integer.MAX_VALUE)
            - VxlanDevice.overheadBytes(device.underlay());
    return new Tunnel(
        device,
        mac,
        remote,
        facts.ipv6() ? mac.linkLocal() : remote,
        Math.min(device.mtuBytes(), Math.max(passes, LEAST_MTU_BYTES)));
  }

  /** The address that a tunnel from a node to another would lead to: IPv4 where both have it. */
  static Optional<IpAddress> remote(Endpoint own, Endpoint other) {
    return Stream.of(Family.values())
        .filter(family -> own.address(family).isPresent())
        .flatMap(family -> other.address(family).stream())
        .findFirst();
  }

  private Optional<Family> underlay(Endpoint endpoint) {
    for (Family family : devices.keySet()) {
      if (endpoint.address(family).isPresent()) {
        return Optional.of(family);
      }
    }
    return Optional.empty();
  }

  /** The device that a tunnel to a node needs, also where that node has none yet. */
  Optional<VxlanDevice> deviceTo(Endpoint endpoint) {
    return underlay(endpoint).map(devices::get);
  }

  private static Blocker notReported(String node) {
    return new Blocker(
        Blocker.NO_TUNNEL,
        "node %s must be reached through a tunnel, and its agent has not reported one (yet, or it"
                .formatted(node)
            + " is of a version without tunnels)");
  }

  /** Why there is no tunnel to a node. */
  Blocker blocker(String node, Endpoint endpoint) {
    if (underlay(endpoint).isPresent()) {
      return Endpoints.tunnelRefused(endpoint).orElseGet(() -> notReported(node));
    }
    return List.of(Family.values()).stream()
        .filter(family -> tooSmall.containsKey(family) && endpoint.address(family).isPresent())
        .findFirst()
        .map(family -> new Blocker(Blocker.MTU_TOO_SMALL, tooSmall.get(family)))
        .orElseGet(
            () ->
                new Blocker(
                    Blocker.NO_COMMON_FAMILY,
                    "node %s has no InternalIP of a family that this node has one of: %s"
                        .formatted(node, endpoint.addresses())));
  }
}
