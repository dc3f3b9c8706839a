// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.RequestBatch;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.ForeignAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.route.DeleteAddress;
import java.util.Collection;
import java.util.List;

/** Takes addresses from the bridge that somebody else put there. */
public final class ForeignAddressDriver extends KindDriver<ForeignAddress> {
  /** The driver of foreign addresses. */
  public ForeignAddressDriver() {
    super(ForeignAddress.KIND);
  }

  @Override
  protected Collection<ForeignAddress> read(Snapshot kernel) throws NetlinkException {
    return kernel.bridgeAddresses().stream()
        .filter(found -> !found.noPrefixRoute())
        .map(found -> new ForeignAddress(found.address()))
        .toList();
  }

  @Override
  protected void applyAll(
      LoopSockets sockets, List<Change<ForeignAddress>> changes, Failures failures) {
    RequestBatch.apply(
        sockets.route(),
        changes,
        failures,
        (change, batch) -> {
          ForeignAddress address = change.before().orElseThrow();
          batch.remove(
              change,
              batch.link(Bridge.NAME).map(link -> new DeleteAddress(link, address.address())));
        });
  }
}
