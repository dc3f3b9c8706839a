// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.NodeState;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.Notification;
import java.util.List;
import java.util.Set;

/**
 * Reads and changes in the kernel what is ours of one kind of object, or of a few that the kernel
 * takes together. Only the reconcile loop uses it, one thread at a time.
 */
public interface Driver {
  /** The kinds: each has one driver. */
  Set<Kind<?>> kinds();

  /** Adds to the state what of its kinds is there. */
  void read(Snapshot kernel, NodeState.Builder state) throws NetlinkException, DataplaneException;

  /**
   * Makes changes of its kinds that follow on each other in a plan, in their order and in as few
   * sends as it can. Adding what is there as wanted and removing what is gone succeed.
   *
   * @param failures takes what fails; the rest is made
   */
  void apply(LoopSockets sockets, List<Change<?>> changes, Failures failures);

  /** Anything may have changed: what was kept of an earlier read is read again. */
  default void mayHaveChanged() {}

  /** Takes note of a change of nftables; answers whether it is one of this driver's tables. */
  default boolean noteChange(Notification change) {
    return false;
  }

  /** Whether rules of ours are as this process wrote them last; true where it writes none. */
  default boolean isInSync() throws DataplaneException {
    return true;
  }
}
