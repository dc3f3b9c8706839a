// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.Optional;

/**
 * A route of ours (protocol 87).
 *
 * @param destination where it leads
 * @param kind what it is for
 * @param nextHop the gateway, for {@link Kind#PEER} only
 * @param device the link it leaves by; empty for {@link Kind#UNREACHABLE}
 * @param mtuBytes the largest packet that takes it, 0 for the device's
 */
public record Route(
    Cidr destination, Kind kind, Optional<IpAddress> nextHop, String device, int mtuBytes) {
  /** What a route is for. */
  public enum Kind {
    /** One address of a pod of this node: on the bridge, scope link. */
    POD,
    /** The rest of a block of this node: answered with "unreachable". */
    UNREACHABLE,
    /** The block of another node, by way of that node's address. */
    PEER
  }

  /** The way to one pod of this node. */
  public static Route toPod(IpAddress address) {
    return toPod(address, 0);
  }

  /**
   * The way to one pod of this node that takes less than the bridge does. Without the MTU the
   * bridge would drop what is too large for the pod's port, and tell nobody.
   */
  public static Route toPod(IpAddress address, int mtuBytes) {
    return new Route(Cidr.host(address), Kind.POD, Optional.empty(), Bridge.NAME, mtuBytes);
  }

  /** What answers for the addresses of a block that no pod has. */
  public static Route unreachable(Cidr block) {
    return new Route(block, Kind.UNREACHABLE, Optional.empty(), "", 0);
  }

  /** The way to another node's block. */
  public static Route toPeer(Cidr block, IpAddress nextHop, String device) {
    return new Route(block, Kind.PEER, Optional.of(nextHop), device, 0);
  }

  @Override
  public String toString() {
    return switch (kind) {
      case POD -> destination + " dev " + device + (mtuBytes == 0 ? "" : " mtu " + mtuBytes);
      case UNREACHABLE -> "unreachable " + destination;
      case PEER -> destination + " via " + nextHop.orElseThrow() + " dev " + device;
    };
  }
}
