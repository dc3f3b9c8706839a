// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.route.DeleteNextHop;
import dev.weft.netlink.route.NextHopSpec;
import dev.weft.netlink.route.SetNextHop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The next-hop objects that the routes to other nodes' blocks name. */
public final class NextHopDriver extends KindDriver<NextHop> {
  /** The driver of next hops. */
  public NextHopDriver() {
    super(NextHop.KIND);
  }

  @Override
  protected Collection<NextHop> read(Snapshot kernel) throws NetlinkException {
    List<NextHop> hops = new ArrayList<>();
    NextHops.of(kernel.route(), kernel.linkNames()).all().forEach(hops::add);
    return hops;
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<NextHop>> changes, Failures failures) {
    NextHops there;
    try {
      there = NextHops.of(sockets.route());
    } catch (NetlinkException e) {
      failures.addAll(changes, e);
      return;
    }
    RequestBatch.apply(
        sockets.route(), changes, failures, (change, batch) -> put(change, batch, there));
  }

  private static void put(Change<NextHop> change, RequestBatch<NextHop> batch, NextHops there)
      throws NetlinkException {
    if (change.isRemoval()) {
      NextHop before = change.before().orElseThrow();
      batch.remove(change, there.id(before).map(DeleteNextHop::new));
      return;
    }
    NextHop after = change.after().orElseThrow();
    int id = there.id(after).orElseGet(() -> there.take(after));
    batch.add(
        change,
        batch
            .link(after.device())
            .map(
                link ->
                    new SetNextHop(new NextHopSpec(id, after.gateway(), link, isOnLink(after)))));
  }

  /** An IPv4 address beyond a tunnel, whose device has no network. */
  private static boolean isOnLink(NextHop hop) {
    return hop.gateway().family() == Family.IPV4 && VxlanDevice.isName(hop.device());
  }
}
