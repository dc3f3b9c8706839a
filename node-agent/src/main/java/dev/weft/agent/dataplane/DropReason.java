// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import java.util.Locale;

/** Why a frame or packet is dropped, as the counters of our tables have it. */
public enum DropReason {
  /** To 01:80:c2:00:00:00 to :3f: what bridges talk about among themselves. */
  RESERVED_MAC,
  /** ARP that is not the pod's own, or goes to somebody else than the bridge. */
  ARP,
  /** Neither IPv4, IPv6 nor ARP, or with a VLAN tag. */
  ETHERTYPE,
  /** The pod's own address, but not to the bridge: to another pod, or to a group. */
  DESTINATION_MAC,
  /**
   * IPv6 from {@code ::} or a link-local address: what every kernel sends by itself (router
   * solicitations, multicast reports), and no attack.
   */
  LINK_LOCAL,
  /** An address or MAC that is not the pod's, or not on this host veth. */
  SOURCE,
  /** What came to the node's own stack by a host veth and not by the bridge. */
  BRIDGE_BYPASS,
  /** A packet to a node's end of tunnels that is a pod's, or that was translated. */
  TUNNEL_POD,
  /** A packet to this node's end of tunnels from an address of no other node. */
  TUNNEL_PEER,
  /**
   * A packet out of a tunnel, or into one, that is from no block, or from elsewhere than its block.
   */
  TUNNEL_SOURCE;

  /** Whether it is about tunnels, and not the anti-spoofing filter. */
  public boolean isOfTunnels() {
    return compareTo(TUNNEL_POD) >= 0;
  }

  /** The name of its counters: no keyword of nft. */
  public String counter() {
    return "dropped_" + label();
  }

  /** Its label in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
