// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import java.util.Optional;

/**
 * What a bridge knows of a MAC.
 *
 * @param bridgePort index of the port it is behind
 * @param mac which
 * @param master index of the bridge
 * @param state NUD_* (linux/neighbour.h)
 */
public record FdbInfo(int bridgePort, MacAddress mac, int master, int state) {
  private static final int FIXED = 12;

  /** Whether it was written for good ({@code bridge fdb … static}), not learnt and not its own. */
  public boolean isStatic() {
    return (state & NeighbourInfo.NOARP) != 0 && (state & NeighbourInfo.PERMANENT) == 0;
  }

  /** Whether frames to this MAC are for the bridge itself: its own entry, written for good. */
  public boolean isOfBridge() {
    return bridgePort == master && (state & NeighbourInfo.PERMANENT) != 0;
  }

  /**
   * Reads RTM_NEWNEIGH or RTM_DELNEIGH of AF_BRIDGE.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  public static FdbInfo read(MessageReader message) {
    Optional<MacAddress> mac = Optional.empty();
    int master = 0;
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rtnetlink.NDA_LLADDR -> mac = attributes.getMac();
        case Rtnetlink.NDA_MASTER -> master = attributes.getInt();
        default -> {
          // Nothing we use.
        }
      }
    }
    return new FdbInfo(
        message.getInt(4), Prefixes.present(mac.orElse(null), "MAC"), master, message.getShort(8));
  }
}
