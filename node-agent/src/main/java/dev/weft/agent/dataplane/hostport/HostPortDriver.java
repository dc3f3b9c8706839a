// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPort;
import dev.weft.netlink.NetlinkException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

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
    apply(changes, Change::before, elements::remove, failures);
    apply(changes, Change::after, elements::add, failures);
  }

  /** What is made of host ports together: each transaction takes the kernel 10 ms or more. */
  private interface Step {
    void run(List<HostPort> hostPorts) throws NetlinkException;
  }

  private static void apply(
      List<Change<HostPort>> changes,
      Function<Change<HostPort>, Optional<HostPort>> part,
      Step step,
      Failures failures) {
    List<Change<?>> affected = new ArrayList<>();
    List<HostPort> hostPorts = new ArrayList<>();
    for (Change<HostPort> change : changes) {
      part.apply(change)
          .ifPresent(
              hostPort -> {
                affected.add(change);
                hostPorts.add(hostPort);
              });
    }
    if (!hostPorts.isEmpty()) {
      failures.attemptAll(affected, () -> step.run(hostPorts));
    }
  }
}
