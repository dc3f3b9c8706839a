// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.Route.Purpose;
import dev.weft.core.net.Family;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.ReplaceRoute;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.RouteType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The routes of our protocol. */
public final class RouteDriver extends KindDriver<Route> {
  /** The driver of routes. */
  public RouteDriver() {
    super(Route.KIND);
  }

  @Override
  protected Collection<Route> read(Snapshot kernel) throws NetlinkException {
    Map<Integer, String> names = kernel.linkNames();
    List<Route> routes = new ArrayList<>();
    for (Family family : Family.values()) {
      for (RouteInfo found : kernel.route().dump(RouteQuery.ours(family))) {
        routes.add(
            Route.read(
                found.destination(),
                found.type() == RouteType.UNICAST,
                found.gateway(),
                names.getOrDefault(found.link(), ""),
                found.mtuBytes(),
                found.nextHopId() != 0));
      }
    }
    return routes;
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<Route>> changes, Failures failures) {
    Ours ours = new Ours(sockets.route());
    RequestBatch.apply(
        sockets.route(),
        changes,
        failures,
        (change, batch) -> put(change, batch, ours),
        (route, request, error) -> ours.judge(request, error));
  }

  /**
   * A route to another node takes the place of one in a single step: no packet goes astray in
   * between.
   */
  private static void put(Change<Route> change, RequestBatch<Route> batch, Ours ours)
      throws NetlinkException {
    boolean inPlace =
        Stream.of(change.before(), change.after())
            .allMatch(route -> route.filter(is -> is.purpose() == Purpose.PEER).isPresent());
    if (inPlace) {
      batch.add(change, spec(change.after().get(), batch, ours).map(ReplaceRoute::new));
      return;
    }
    if (change.before().isPresent()) {
      batch.remove(change, spec(change.before().get(), batch, ours).map(DeleteRoute::new));
    }
    if (change.after().isPresent()) {
      batch.add(change, spec(change.after().get(), batch, ours).map(AddRoute::new));
    }
  }

  /** The route as the kernel takes it; empty where its link or next hop is not there. */
  private static Optional<RouteSpec> spec(Route route, RequestBatch<Route> batch, Ours ours)
      throws NetlinkException {
    if (route.purpose() == Purpose.BLOCK_REST) {
      return Optional.of(RouteSpec.unreachable(route.destination()));
    }
    Optional<NextHop> shared = route.sharedNextHop();
    if (shared.isPresent()) {
      return ours.nextHops()
          .id(shared.get())
          .map(id -> RouteSpec.byNextHop(route.destination(), id).withMtu(route.mtuBytes()));
    }
    return batch.link(route.device()).map(link -> spec(route, link));
  }

  private static RouteSpec spec(Route route, LinkRef link) {
    RouteSpec spec =
        route
            .nextHop()
            .map(hop -> RouteSpec.via(route.destination(), hop, link))
            .orElseGet(() -> RouteSpec.onLink(route.destination(), link));
    return spec.withMtu(route.mtuBytes());
  }

  /**
   * What is ours, each read once: the next hops where a route names one, the routes where the
   * kernel refuses one because its destination is taken.
   */
  private static final class Ours {
    private final NetlinkSocket socket;
    private final Map<Family, List<RouteInfo>> routes = new EnumMap<>(Family.class);
    private NextHops nextHops;

    Ours(NetlinkSocket socket) {
      this.socket = socket;
    }

    NextHops nextHops() throws NetlinkException {
      if (nextHops == null) {
        nextHops = NextHops.of(socket);
      }
      return nextHops;
    }

    void judge(Request request, NetlinkException error)
        throws NetlinkException, DataplaneException {
      if (error.errno() != Errno.EEXIST) {
        throw error;
      }
      RouteSpec wanted = ((AddRoute) request).route();
      if (of(wanted.destination().family()).stream().noneMatch(found -> isSame(found, wanted))) {
        throw KernelErrors.of(
            Reason.FOREIGN_ROUTE, error, "a route that is not ours holds " + wanted.destination());
      }
    }

    private List<RouteInfo> of(Family family) throws NetlinkException {
      List<RouteInfo> known = routes.get(family);
      if (known == null) {
        known = socket.dump(RouteQuery.ours(family));
        routes.put(family, known);
      }
      return known;
    }

    private static boolean isSame(RouteInfo found, RouteSpec wanted) {
      return found.destination().equals(wanted.destination())
          && found.type() == wanted.type()
          && found.nextHopId() == wanted.nextHopId()
          && (wanted.nextHopId() != 0 || found.gateway().equals(wanted.gateway()))
          && found.mtuBytes() == wanted.mtuBytes()
          && wanted.link().map(link -> link.index() == found.link()).orElse(true);
    }
  }
}
