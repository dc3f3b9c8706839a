// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.antispoof.AntiSpoofTable;
import dev.weft.agent.dataplane.tunnel.TunnelTable;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.CounterQuery;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The counters of what our tables drop. */
final class DropCounters {
  private DropCounters() {}

  /**
   * Reads them: 0 of each where there is no table.
   *
   * @param nft a NETLINK_NETFILTER socket
   */
  static Map<DropReason, Long> read(NetlinkSocket nft) throws NetlinkException {
    Map<String, Long> packets = new HashMap<>();
    for (String table : List.of(AntiSpoofTable.NAME, TunnelTable.NAME)) {
      for (CounterQuery.Counter counter : nft.dump(new CounterQuery(table))) {
        packets.merge(counter.name(), counter.packets(), Long::sum);
      }
    }
    Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
    for (DropReason reason : DropReason.values()) {
      dropped.put(reason, packets.getOrDefault(reason.counter(), 0L));
    }
    return dropped;
  }
}
