// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.TunnelAddress;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.DeleteAddress;
import dev.weft.netlink.route.LinkInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The gateways' addresses on the VXLAN devices; those that somebody else put there go. */
public final class TunnelAddressDriver extends KindDriver<TunnelAddress> {
  /** The driver of these addresses. */
  public TunnelAddressDriver() {
    super(TunnelAddress.KIND);
  }

  @Override
  protected Collection<TunnelAddress> read(Snapshot kernel) throws NetlinkException {
    List<TunnelAddress> addresses = new ArrayList<>();
    for (LinkInfo device : kernel.tunnels()) {
      for (AddressInfo found : kernel.route().dump(AddressQuery.of(device.index()))) {
        if (!found.address().address().isLinkLocal()) {
          addresses.add(new TunnelAddress(device.name(), found.address().address()));
        }
      }
    }
    return addresses;
  }

  @Override
  protected void applyAll(
      LoopSockets sockets, List<Change<TunnelAddress>> changes, Failures failures) {
    RequestBatch.apply(
        sockets.route(),
        changes,
        failures,
        TunnelAddressDriver::put,
        (address, request, error) -> {
          if (error.errno() != Errno.EEXIST) {
            throw error;
          }
        });
  }

  private static void put(Change<TunnelAddress> change, RequestBatch<TunnelAddress> batch)
      throws NetlinkException {
    if (change.isRemoval()) {
      TunnelAddress before = change.before().orElseThrow();
      batch.remove(
          change,
          batch.link(before.device()).map(link -> new DeleteAddress(link, host(before.address()))));
    } else {
      TunnelAddress after = change.after().orElseThrow();
      batch.add(
          change,
          batch.link(after.device()).map(link -> new AddAddress(link, host(after.address()))));
    }
  }

  private static InterfaceAddress host(IpAddress address) {
    return new InterfaceAddress(address, address.family().bits());
  }
}
