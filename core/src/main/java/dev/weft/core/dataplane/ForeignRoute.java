// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;

/**
 * A route by our bridge in the main table that somebody else made, such as an operator by hand.
 *
 * @param destination where it leads
 * @param protocol who made it: 2 the kernel, 3 boot, 4 static (rtm_protocol, linux/rtnetlink.h)
 * @param metric the smaller the sooner
 */
public record ForeignRoute(Cidr destination, int protocol, long metric) {
  /**
   * Such a route goes where it leads into a block that we have a route to: others, such as one to a
   * network behind a pod, harm nobody. One that cannot be deleted without the risk that ours goes
   * in its place stays, and harms nobody either: ours is there, or is refused in its favour and
   * that is reported.
   */
  public static final Kind<ForeignRoute> KIND =
      Kind.<ForeignRoute>of("foreign route", 81, route -> route)
          .removable((route, desired) -> route.deletable() && route.isInWay(desired))
          .build();

  /** The metric of an IPv6 route that was added without one. */
  private static final int IPV6_METRIC = 1024;

  /**
   * Whether the kernel can delete this route and no other: in a deletion protocol 0 and metric 0
   * mean any, and ours have the metric of a route that was added without one.
   */
  public boolean deletable() {
    return protocol != 0 || (metric != 0 && metric != IPV6_METRIC);
  }

  private boolean isInWay(NodeState desired) {
    return desired.of(Route.KIND).stream()
        .anyMatch(ours -> ours.destination().contains(destination));
  }

  @Override
  public String toString() {
    return "%s dev %s proto %d metric %d".formatted(destination, Bridge.NAME, protocol, metric);
  }
}
