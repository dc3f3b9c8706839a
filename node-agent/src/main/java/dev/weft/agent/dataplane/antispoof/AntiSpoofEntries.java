// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import dev.weft.agent.dataplane.nft.SetRemoval;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.net.Family;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetKey;
import dev.weft.netlink.nft.SetQuery;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The elements of the {@link AntiSpoofTable}'s sets, all of a call in one transaction.
 *
 * @param nft a NETLINK_NETFILTER socket
 */
public record AntiSpoofEntries(NetlinkSocket nft) {
  /** Lets pods send. */
  public void add(List<AntiSpoofEntry> entries) throws NetlinkException {
    nft.execute(change(true, entries));
  }

  /** Lets pods send no more. What is not there is no error. */
  public void remove(List<AntiSpoofEntry> entries) throws NetlinkException {
    SetRemoval.run(nft, removal(entries));
  }

  /** A transaction that removes entries: the kernel refuses it where one of them is not there. */
  public static SetChange removal(List<AntiSpoofEntry> entries) {
    return change(false, entries);
  }

  /** Those of both families; none where there is no table. */
  public Set<AntiSpoofEntry> read() throws NetlinkException {
    Set<AntiSpoofEntry> entries = new HashSet<>();
    for (Family family : Family.values()) {
      try {
        for (SetKey key : nft.dump(new SetQuery<>(AntiSpoofTable.set(family), SetKey::of))) {
          entries.add(new AntiSpoofEntry(key.link(), key.mac(), key.address()));
        }
      } catch (NetlinkException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
    return entries;
  }

  private static SetChange change(boolean add, List<AntiSpoofEntry> entries) {
    List<SetChange.Step> steps = new ArrayList<>(entries.size());
    for (AntiSpoofEntry entry : entries) {
      SetKey key = new SetKey(entry.hostVeth(), entry.mac(), entry.address());
      steps.add(
          new SetChange.Step(add, AntiSpoofTable.set(entry.address().family()), List.of(key)));
    }
    return new SetChange(steps);
  }
}
