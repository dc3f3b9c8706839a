// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.DeleteAddress;
import dev.weft.netlink.route.LinkRef;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The gateways' addresses on the bridge. */
public final class GatewayDriver extends KindDriver<Gateway> {
  /** The driver of gateways. */
  public GatewayDriver() {
    super(Gateway.KIND);
  }

  /** An address that brought a route to its prefix is not a gateway as we make them. */
  @Override
  protected Collection<Gateway> read(Snapshot kernel) throws NetlinkException {
    return kernel.bridgeAddresses().stream()
        .filter(AddressInfo::noPrefixRoute)
        .map(found -> new Gateway(found.address()))
        .toList();
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<Gateway>> changes, Failures failures) {
    NetlinkSocket route = sockets.route();
    RequestBatch.apply(
        route,
        changes,
        failures,
        GatewayDriver::put,
        (gateway, request, error) -> replaceUnlessOurs(route, gateway.address(), request, error));
  }

  private static void put(Change<Gateway> change, RequestBatch<Gateway> batch)
      throws NetlinkException {
    Optional<LinkRef> bridge = batch.link(Bridge.NAME);
    if (change.before().isPresent()) {
      InterfaceAddress before = change.before().get().address();
      batch.remove(change, bridge.map(link -> new DeleteAddress(link, before)));
    }
    if (change.after().isPresent()) {
      InterfaceAddress after = change.after().get().address();
      batch.add(change, bridge.map(link -> new AddAddress(link, after)));
    }
  }

  /** An address that brought a route to its prefix, or has another length, makes way for ours. */
  private static void replaceUnlessOurs(
      NetlinkSocket route, InterfaceAddress gateway, Request request, NetlinkException error)
      throws NetlinkException {
    if (error.errno() != Errno.EEXIST) {
      throw error;
    }
    LinkRef bridge = ((AddAddress) request).link();
    boolean ours =
        route.dump(AddressQuery.of(bridge.index())).stream()
            .anyMatch(found -> found.address().equals(gateway) && found.noPrefixRoute());
    if (!ours) {
      route.executeOrThrow(List.of(new DeleteAddress(bridge, gateway), request));
    }
  }
}
