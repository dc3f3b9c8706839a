// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.route.DeleteTunnelFdbEntry;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.SetTunnelFdbEntry;
import dev.weft.netlink.route.TunnelFdbEntry;
import dev.weft.netlink.route.TunnelFdbQuery;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Where the VXLAN devices send which frames. */
public final class TunnelEndDriver extends KindDriver<TunnelEnd> {
  /** The driver of tunnel ends. */
  public TunnelEndDriver() {
    super(TunnelEnd.KIND);
  }

  @Override
  protected Collection<TunnelEnd> read(Snapshot kernel) throws NetlinkException {
    List<TunnelEnd> ends = new ArrayList<>();
    for (LinkInfo device : kernel.tunnels()) {
      for (TunnelFdbEntry found : kernel.route().dump(new TunnelFdbQuery(device.index()))) {
        ends.add(new TunnelEnd(device.name(), found.mac(), found.remote()));
      }
    }
    return ends;
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<TunnelEnd>> changes, Failures failures) {
    RequestBatch.apply(sockets.route(), changes, failures, TunnelEndDriver::put);
  }

  /** An entry is written over the one before, so that there is no moment without one. */
  private static void put(Change<TunnelEnd> change, RequestBatch<TunnelEnd> batch)
      throws NetlinkException {
    if (change.isRemoval()) {
      TunnelEnd before = change.before().orElseThrow();
      batch.remove(
          change,
          batch
              .link(before.device())
              .map(link -> new DeleteTunnelFdbEntry(link, before.mac(), before.remote())));
    } else {
      TunnelEnd after = change.after().orElseThrow();
      batch.add(
          change,
          batch
              .link(after.device())
              .map(link -> new SetTunnelFdbEntry(link, after.mac(), after.remote())));
    }
  }
}
