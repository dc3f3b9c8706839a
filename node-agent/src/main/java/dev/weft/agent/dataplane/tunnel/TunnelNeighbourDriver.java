// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.TunnelNeighbour;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.route.DeleteNeighbour;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.NeighbourInfo;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.SetNeighbour;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The permanent neighbour entries on the VXLAN devices. */
public final class TunnelNeighbourDriver extends KindDriver<TunnelNeighbour> {
  /** The driver of these neighbours. */
  public TunnelNeighbourDriver() {
    super(TunnelNeighbour.KIND);
  }

  @Override
  protected Collection<TunnelNeighbour> read(Snapshot kernel) throws NetlinkException {
    List<TunnelNeighbour> neighbours = new ArrayList<>();
    for (LinkInfo device : kernel.tunnels()) {
      kernel.route().dump(new NeighbourQuery(device.index())).stream()
          .filter(NeighbourInfo::permanent)
          .flatMap(
              found ->
                  found
                      .mac()
                      .map(mac -> new TunnelNeighbour(device.name(), found.address(), mac))
                      .stream())
          .forEach(neighbours::add);
    }
    return neighbours;
  }

  @Override
  protected void applyAll(
      LoopSockets sockets, List<Change<TunnelNeighbour>> changes, Failures failures) {
    RequestBatch.apply(sockets.route(), changes, failures, TunnelNeighbourDriver::put);
  }

  private static void put(Change<TunnelNeighbour> change, RequestBatch<TunnelNeighbour> batch)
      throws NetlinkException {
    if (change.isRemoval()) {
      TunnelNeighbour before = change.before().orElseThrow();
      batch.remove(
          change,
          batch.link(before.device()).map(link -> new DeleteNeighbour(link, before.address())));
    } else {
      TunnelNeighbour after = change.after().orElseThrow();
      batch.add(
          change,
          batch
              .link(after.device())
              .map(link -> new SetNeighbour(link, after.address(), after.mac())));
    }
  }
}
