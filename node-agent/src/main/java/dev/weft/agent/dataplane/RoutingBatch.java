// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.dataplane.Foreign;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.DeleteAddress;
import dev.weft.netlink.route.DeleteNeighbour;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.SetNeighbour;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run of gateways, routes, neighbours and what is foreign on the bridge, to be added and deleted,
 * in one send.
 */
final class RoutingBatch {
  private final NetlinkSocket socket;
  private final List<Dataplane.Failure> failures;
  private final Map<String, Optional<LinkRef>> links = new HashMap<>();
  private final Map<Family, List<RouteInfo>> ours = new EnumMap<>(Family.class);

  RoutingBatch(NetlinkSocket socket, List<Dataplane.Failure> failures) {
    this.socket = socket;
    this.failures = failures;
  }

  static boolean takes(DataplaneChange change) {
    return change instanceof DataplaneChange.AddGateway
        || change instanceof DataplaneChange.RemoveGateway
        || change instanceof DataplaneChange.AddRoute
        || change instanceof DataplaneChange.RemoveRoute
        || change instanceof DataplaneChange.RemoveForeign
        || change instanceof DataplaneChange.AddNeighbour
        || change instanceof DataplaneChange.RemoveNeighbour;
  }

  void apply(List<DataplaneChange> changes) {
    List<DataplaneChange> sent = new ArrayList<>();
    List<Request> requests = new ArrayList<>();
    try {
      for (DataplaneChange change : changes) {
        Optional<Request> request = request(change);
        if (request.isPresent()) {
          sent.add(change);
          requests.add(request.get());
        } else if (!isRemoval(change)) {
          failures.add(new Dataplane.Failure(change, noDevice(change)));
        }
      }
      for (BatchFailure failure : socket.executeAll(requests)) {
        judge(sent.get(failure.index()), requests.get(failure.index()), failure.error());
      }
    } catch (NetlinkException e) {
      changes.forEach(change -> failures.add(new Dataplane.Failure(change, KernelErrors.of(e))));
    }
  }

  /** What the kernel is asked for; empty where the link that it needs is not there. */
  private Optional<Request> request(DataplaneChange change) throws NetlinkException {
    if (change instanceof DataplaneChange.AddGateway step) {
      return link(Bridge.NAME).map(bridge -> new AddAddress(bridge, step.gateway()));
    } else if (change instanceof DataplaneChange.RemoveGateway step) {
      return link(Bridge.NAME).map(bridge -> new DeleteAddress(bridge, step.gateway()));
    } else if (change instanceof DataplaneChange.AddNeighbour step) {
      return link(Bridge.NAME)
          .map(
              bridge ->
                  new SetNeighbour(bridge, step.neighbour().address(), step.neighbour().mac()));
    } else if (change instanceof DataplaneChange.RemoveNeighbour step) {
      return link(Bridge.NAME)
          .map(bridge -> new DeleteNeighbour(bridge, step.neighbour().address()));
    } else if (change instanceof DataplaneChange.RemoveForeign step) {
      return link(Bridge.NAME).map(bridge -> removal(step.foreign(), bridge));
    } else if (change instanceof DataplaneChange.AddRoute step) {
      return spec(step.route()).map(AddRoute::new);
    } else {
      return spec(((DataplaneChange.RemoveRoute) change).route()).map(DeleteRoute::new);
    }
  }

  private static Request removal(Foreign foreign, LinkRef bridge) {
    return foreign instanceof Foreign.Way way
        ? new DeleteRoute(RouteSpec.onLink(way.destination(), bridge), way.protocol(), way.metric())
        : new DeleteAddress(bridge, ((Foreign.Address) foreign).address());
  }

  private Optional<RouteSpec> spec(Route route) throws NetlinkException {
    return switch (route.kind()) {
      case UNREACHABLE -> Optional.of(RouteSpec.unreachable(route.destination()));
      case POD ->
          link(route.device())
              .map(link -> RouteSpec.onLink(route.destination(), link).withMtu(route.mtuBytes()));
      case PEER ->
          link(route.device())
              .map(link -> RouteSpec.via(route.destination(), route.nextHop().orElseThrow(), link));
    };
  }

  private Optional<LinkRef> link(String name) throws NetlinkException {
    Optional<LinkRef> known = links.get(name);
    if (known == null) {
      known = socket.find(LinkQuery.byName(name)).map(LinkInfo::ref);
      links.put(name, known);
    }
    return known;
  }

  private void judge(DataplaneChange change, Request request, NetlinkException error) {
    try {
      if (isRemoval(change) && error.isNotFound()) {
        return;
      }
      boolean exists = error.errno() == Errno.EEXIST;
      if (exists && change instanceof DataplaneChange.AddRoute step) {
        judgeRoute(step.route(), error);
      } else if (exists && change instanceof DataplaneChange.AddGateway step) {
        replaceUnlessOurs(step.gateway(), (AddAddress) request);
      } else {
        throw KernelErrors.of(error);
      }
    } catch (NetlinkException e) {
      failures.add(new Dataplane.Failure(change, KernelErrors.of(e)));
    } catch (DataplaneException e) {
      failures.add(new Dataplane.Failure(change, e));
    }
  }

  private void judgeRoute(Route route, NetlinkException error)
      throws NetlinkException, DataplaneException {
    RouteSpec wanted = spec(route).orElseThrow();
    boolean there =
        ours(route.destination().family()).stream().anyMatch(found -> isSame(found, wanted));
    if (!there) {
      throw KernelErrors.of(
          Reason.FOREIGN_ROUTE, error, "a route that is not ours holds " + route.destination());
    }
  }

  private List<RouteInfo> ours(Family family) throws NetlinkException {
    List<RouteInfo> known = ours.get(family);
    if (known == null) {
      known = socket.dump(RouteQuery.ours(family));
      ours.put(family, known);
    }
    return known;
  }

  private static boolean isSame(RouteInfo found, RouteSpec wanted) {
    return found.destination().equals(wanted.destination())
        && found.type() == wanted.type()
        && found.gateway().equals(wanted.gateway())
        && found.mtuBytes() == wanted.mtuBytes()
        && wanted.link().map(link -> link.index() == found.link()).orElse(true);
  }

  /** An address that brought a route to its prefix, or has another length, makes way for ours. */
  private void replaceUnlessOurs(InterfaceAddress gateway, AddAddress add) throws NetlinkException {
    boolean ours =
        socket.dump(AddressQuery.of(add.link().index())).stream()
            .anyMatch(found -> found.address().equals(gateway) && found.noPrefixRoute());
    if (!ours) {
      socket.executeOrThrow(List.of(new DeleteAddress(add.link(), gateway), add));
    }
  }

  private static boolean isRemoval(DataplaneChange change) {
    return change instanceof DataplaneChange.RemoveGateway
        || change instanceof DataplaneChange.RemoveRoute
        || change instanceof DataplaneChange.RemoveForeign
        || change instanceof DataplaneChange.RemoveNeighbour;
  }

  private static DataplaneException noDevice(DataplaneChange change) {
    return new DataplaneException(
        Reason.MISSING, change.describe() + ": the link that it needs is not there");
  }
}
