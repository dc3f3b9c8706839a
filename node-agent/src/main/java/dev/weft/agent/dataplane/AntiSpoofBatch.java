// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import java.util.List;

/**
 * A run of the anti-spoofing filter's elements to be added and deleted, up to 512 in one
 * transaction.
 */
final class AntiSpoofBatch {
  private static final int MOST = 512;

  private final NetlinkSocket nft;
  private final List<Dataplane.Failure> failures;

  AntiSpoofBatch(NetlinkSocket nft, List<Dataplane.Failure> failures) {
    this.nft = nft;
    this.failures = failures;
  }

  static boolean takes(DataplaneChange change) {
    return change instanceof DataplaneChange.AddAntiSpoofEntry
        || change instanceof DataplaneChange.RemoveAntiSpoofEntry;
  }

  void apply(List<DataplaneChange> changes) {
    int from = 0;
    while (from < changes.size()) {
      int to = from + 1;
      while (to < changes.size()
          && to - from < MOST
          && isAddition(changes.get(to)) == isAddition(changes.get(from))) {
        to++;
      }
      applyTogether(changes.subList(from, to));
      from = to;
    }
  }

  /** A transaction is all or nothing: where one element is refused, each gets its own. */
  private void applyTogether(List<DataplaneChange> changes) {
    boolean add = isAddition(changes.get(0));
    try {
      nft.execute(AntiSpoofTable.change(add, changes.stream().map(AntiSpoofBatch::entry).toList()));
    } catch (NetlinkException e) {
      if (changes.size() > 1) {
        changes.forEach(change -> applyTogether(List.of(change)));
      } else if (add || e.errno() != Errno.ENOENT) {
        failures.add(new Dataplane.Failure(changes.get(0), KernelErrors.of(e)));
      }
    }
  }

  private static boolean isAddition(DataplaneChange change) {
    return change instanceof DataplaneChange.AddAntiSpoofEntry;
  }

  private static AntiSpoofEntry entry(DataplaneChange change) {
    return change instanceof DataplaneChange.AddAntiSpoofEntry addition
        ? addition.entry()
        : ((DataplaneChange.RemoveAntiSpoofEntry) change).entry();
  }
}
