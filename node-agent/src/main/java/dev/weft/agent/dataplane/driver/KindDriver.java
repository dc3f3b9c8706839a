// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.NodeState;
import dev.weft.netlink.NetlinkException;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** A driver of one kind. */
public abstract class KindDriver<T> implements Driver {
  private final Kind<T> kind;

  /** A driver of this kind. */
  protected KindDriver(Kind<T> kind) {
    this.kind = kind;
  }

  /** What of the kind is there. */
  protected abstract Collection<T> read(Snapshot kernel)
      throws NetlinkException, DataplaneException;

  /** As {@link Driver#apply}. */
  protected abstract void applyAll(LoopSockets sockets, List<Change<T>> changes, Failures failures);

  @Override
  public final Set<Kind<?>> kinds() {
    return Set.of(kind);
  }

  @Override
  public final void read(Snapshot kernel, NodeState.Builder state)
      throws NetlinkException, DataplaneException {
    state.addAll(kind, read(kernel));
  }

  @Override
  public final void apply(LoopSockets sockets, List<Change<?>> changes, Failures failures) {
    List<Change<T>> typed = changes.stream().map(kind::cast).toList();
    applyAll(sockets, typed, failures);
  }
}
