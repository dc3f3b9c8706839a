// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;

/** A run of ports to be deleted: all at the same time, for each alone takes the kernel 15 ms. */
final class PortRemovals {
  private final NetlinkSocket route;
  private final LinkDeleter deleter;
  private final List<Dataplane.Failure> failures;

  PortRemovals(NetlinkSocket route, LinkDeleter deleter, List<Dataplane.Failure> failures) {
    this.route = route;
    this.deleter = deleter;
    this.failures = failures;
  }

  void apply(List<DataplaneChange> changes) {
    Map<DataplaneChange, Future<Void>> deletions = new LinkedHashMap<>();
    for (DataplaneChange change : changes) {
      try {
        start((DataplaneChange.RemovePort) change)
            .ifPresent(deletion -> deletions.put(change, deletion));
      } catch (NetlinkException e) {
        failures.add(new Dataplane.Failure(change, KernelErrors.of(e)));
      } catch (DataplaneException e) {
        failures.add(new Dataplane.Failure(change, e));
      }
    }
    deletions.forEach(this::await);
  }

  private Optional<Future<Void>> start(DataplaneChange.RemovePort change)
      throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = route.find(LinkQuery.byName(change.name()));
    if (found.isPresent() && !Ownership.isPort(found.get())) {
      throw ChangeApplier.foreign(found.get());
    }
    return found.isPresent()
        ? Optional.of(deleter.delete(found.get().ref(), List.of()))
        : Optional.empty();
  }

  private void await(DataplaneChange change, Future<Void> deletion) {
    try {
      deleter.await(deletion);
    } catch (DataplaneException e) {
      failures.add(new Dataplane.Failure(change, e));
    }
  }
}
