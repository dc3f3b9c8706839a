// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.SetChange;
import java.util.List;

/** Removes elements of nftables sets, of which some may be gone. */
public final class SetRemoval {
  private SetRemoval() {}

  /**
   * Carries out a change of removals. A transaction is all or nothing: where an element is not
   * there, each gets its own. What is not there is no error.
   */
  public static void run(NetlinkSocket nft, SetChange removal) throws NetlinkException {
    try {
      nft.execute(removal);
    } catch (NetlinkException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      List<SetChange.Step> steps = removal.steps();
      for (SetChange.Step step : steps.size() > 1 ? steps : List.<SetChange.Step>of()) {
        run(nft, new SetChange(List.of(step)));
      }
    }
  }
}
