// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.route.DeleteNeighbour;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.NeighbourInfo;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.SetNeighbour;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The permanent neighbour entries on the bridge. */
public final class NeighbourDriver extends KindDriver<Neighbour> {
  /** The driver of neighbours. */
  public NeighbourDriver() {
    super(Neighbour.KIND);
  }

  @Override
  protected Collection<Neighbour> read(Snapshot kernel) throws NetlinkException {
    Optional<LinkInfo> bridge = kernel.bridge();
    if (bridge.isEmpty()) {
      return List.of();
    }
    return kernel.route().dump(new NeighbourQuery(bridge.get().index())).stream()
        .filter(NeighbourInfo::permanent)
        .filter(entry -> entry.mac().isPresent())
        .map(entry -> new Neighbour(entry.address(), entry.mac().get()))
        .toList();
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<Neighbour>> changes, Failures failures) {
    RequestBatch.apply(sockets.route(), changes, failures, NeighbourDriver::put);
  }

  /** An entry is written over whatever is there, so that there is no moment without one. */
  private static void put(Change<Neighbour> change, RequestBatch<Neighbour> batch)
      throws NetlinkException {
    Optional<LinkRef> bridge = batch.link(Bridge.NAME);
    if (change.after().isPresent()) {
      Neighbour wanted = change.after().get();
      batch.add(change, bridge.map(link -> new SetNeighbour(link, wanted.address(), wanted.mac())));
    } else {
      Neighbour stale = change.before().orElseThrow();
      batch.remove(change, bridge.map(link -> new DeleteNeighbour(link, stale.address())));
    }
  }
}
