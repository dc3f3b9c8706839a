// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import dev.weft.agent.dataplane.DropReason;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.CounterQuery;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** The counters of what the {@link AntiSpoofTable} drops. */
public final class DropCounters {
  private DropCounters() {}

  /**
   * Reads them: 0 of each where there is no table.
   *
   * @param nft a NETLINK_NETFILTER socket
   */
  public static Map<DropReason, Long> read(NetlinkSocket nft) throws NetlinkException {
    Map<String, Long> packets = new HashMap<>();
    for (CounterQuery.Counter counter : nft.dump(new CounterQuery(AntiSpoofTable.NAME))) {
      packets.merge(counter.name(), counter.packets(), Long::sum);
    }
    Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
    for (DropReason reason : DropReason.values()) {
      dropped.put(reason, packets.getOrDefault(name(reason), 0L));
    }
    return dropped;
  }

  /** The name of a reason's counters: no keyword of nft. */
  static String name(DropReason reason) {
    return "dropped_" + reason.label();
  }
}
