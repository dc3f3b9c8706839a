// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.Optional;

/**
 * A route of ours (protocol 87).
 *
 * @param destination where it leads
 * @param purpose what it is for
 * @param nextHop the gateway; empty where it has none
 * @param device the link it leaves by; empty for {@link Purpose#BLOCK_REST}
 * @param mtuBytes the largest packet that takes it, 0 for the device's
 * @param shared whether it names its next hop by an object that other routes name too ({@link
 *     NextHop})
 */
public record Route(
    Cidr destination,
    Purpose purpose,
    Optional<IpAddress> nextHop,
    String device,
    int mtuBytes,
    boolean shared) {
  /** What a route is for. */
  public enum Purpose {
    /** One address of a pod of this node: on the bridge, scope link. */
    POD,
    /** The rest of a block of this node: answered with "unreachable". */
    BLOCK_REST,
    /** The block of another node, by way of that node's address. */
    PEER
  }

  /** The routes of a node: one replaces another to the same destination. */
  public static final Kind<Route> KIND =
      Kind.<Route>of("route", 60, Route::destination)
          .inFlight((route, calls) -> route.isToOneOf(calls))
          .neededFor((route, block) -> route.destination.equals(block))
          .build();

  /** To one pod of this node. */
  public static Route toPod(IpAddress address) {
    return new Route(Cidr.host(address), Purpose.POD, Optional.empty(), Bridge.NAME, 0, false);
  }

  /** What answers for the addresses of a block that no pod has. */
  public static Route blockRest(Cidr block) {
    return new Route(block, Purpose.BLOCK_REST, Optional.empty(), "", 0, false);
  }

  /** To another node's block. */
  public static Route toPeer(Cidr block, IpAddress nextHop, String device) {
    return new Route(block, Purpose.PEER, Optional.of(nextHop), device, 0, true);
  }

  /**
   * A route of our protocol as the kernel has it. The kernel keeps no word on what a route is for,
   * so that is derived here and nowhere else, from what we write: only the rest of a block is
   * unreachable, and only a peer has a next hop. A route of ours that somebody changed is taken for
   * one of these and equals no desired one: it is replaced.
   *
   * @param reachable whether it forwards packets
   * @param device name of its link, empty where it has none
   * @param shared whether it names a next-hop object
   */
  public static Route read(
      Cidr destination,
      boolean reachable,
      Optional<IpAddress> nextHop,
      String device,
      int mtuBytes,
      boolean shared) {
    if (!reachable) {
      return blockRest(destination);
    }
    Purpose purpose = nextHop.isPresent() ? Purpose.PEER : Purpose.POD;
    return new Route(destination, purpose, nextHop, device, mtuBytes, shared);
  }

  /**
   * The same route for packets of at most this size, 0 for the device's. A pod that takes less than
   * the bridge does needs it: else the bridge would drop what is too large for the host veth, and
   * report it to nobody.
   */
  public Route withMtu(int newMtuBytes) {
    return new Route(destination, purpose, nextHop, device, newMtuBytes, shared);
  }

  /** The next hop that it names; empty where it has none. */
  public Optional<NextHop> sharedNextHop() {
    return nextHop.filter(any -> shared).map(hop -> new NextHop(hop, device));
  }

  private boolean isToOneOf(InFlight calls) {
    return purpose == Purpose.POD && calls.addresses().contains(destination.address());
  }

  /** By its key alone: thousands are hashed in a run. */
  @Override
  public int hashCode() {
    return destination.hashCode();
  }

  @Override
  public String toString() {
    return (purpose == Purpose.BLOCK_REST ? "unreachable " : "")
        + destination
        + nextHop.map(hop -> " via " + hop).orElse("")
        + (device.isEmpty() ? "" : " dev " + device)
        + (mtuBytes == 0 ? "" : " mtu " + mtuBytes);
  }
}
