// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.ForeignRoute;
import dev.weft.core.net.Family;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Deletes routes by the bridge that somebody else made. */
public final class ForeignRouteDriver extends KindDriver<ForeignRoute> {
  /** The driver of foreign routes. */
  public ForeignRouteDriver() {
    super(ForeignRoute.KIND);
  }

  @Override
  protected Collection<ForeignRoute> read(Snapshot kernel) throws NetlinkException {
    Set<ForeignRoute> foreign = new HashSet<>();
    Optional<LinkInfo> bridge = kernel.bridge();
    if (bridge.isPresent()) {
      for (Family family : Family.values()) {
        for (RouteInfo found : kernel.route().dump(RouteQuery.by(family, bridge.get().index()))) {
          if (!found.ours() && !found.destination().address().isLinkLocal()) {
            foreign.add(new ForeignRoute(found.destination(), found.protocol(), found.metric()));
          }
        }
      }
    }
    return foreign;
  }

  @Override
  protected void applyAll(
      LoopSockets sockets, List<Change<ForeignRoute>> changes, Failures failures) {
    RequestBatch.apply(
        sockets.route(),
        changes,
        failures,
        (change, batch) -> {
          ForeignRoute route = change.before().orElseThrow();
          batch.remove(change, batch.link(Bridge.NAME).map(link -> removal(route, link)));
        });
  }

  private static DeleteRoute removal(ForeignRoute route, LinkRef bridge) {
    return new DeleteRoute(
        RouteSpec.onLink(route.destination(), bridge), route.protocol(), route.metric());
  }
}
