// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPort;
import dev.weft.netlink.NetlinkException;
import java.util.Collection;
import java.util.List;

/** The host ports, which are elements of maps. */
public final class HostPortDriver extends KindDriver<HostPort> {
  /** The driver of host ports. */
  public HostPortDriver() {
    super(HostPort.KIND);
  }

  @Override
  protected Collection<HostPort> read(Snapshot kernel) throws NetlinkException {
    return HostPorts.of(kernel).hostPorts();
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<HostPort>> changes, Failures failures) {
    HostPorts elements = new HostPorts(sockets.nft());
    for (Change<HostPort> change : changes) {
      failures.attempt(change, () -> apply(elements, change));
    }
  }

  private static void apply(HostPorts elements, Change<HostPort> change) throws NetlinkException {
    if (change.before().isPresent()) {
      elements.remove(List.of(change.before().get()));
    }
    if (change.after().isPresent()) {
      elements.add(List.of(change.after().get()));
    }
  }
}
