// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageWriter;
import java.util.List;

/**
 * How a bridge treats one of its ports (linux/if_link.h, IFLA_BRPORT_*).
 *
 * @param hairpin whether a frame may leave where it came in
 * @param learning whether source addresses are learnt
 * @param unicastFlood whether frames to unknown addresses leave here
 * @param multicastFlood whether frames to unknown groups leave here
 * @param broadcastFlood whether broadcasts leave here
 * @param isolated whether it is kept from other isolated ports
 * @param groupForwardMask which frames to the reserved addresses 01:80:c2:00:00:0x that come in
 *     here are treated as any other, one bit for each x; the kernel refuses bit 1 (pause frames,
 *     which it drops)
 */
public record BridgePortSettings(
    boolean hairpin,
    boolean learning,
    boolean unicastFlood,
    boolean multicastFlood,
    boolean broadcastFlood,
    boolean isolated,
    int groupForwardMask)
    implements LinkSetting {
  /**
   * Every packet is routed: hairpin on, nothing learnt, nothing flooded, not isolated; and no frame
   * goes past the prerouting hook.
   */
  public static final BridgePortSettings ROUTED =
      new BridgePortSettings(true, false, false, false, false, false, 0xfffd);

  private static final int IFLA_BRPORT_MODE = 4;
  private static final int IFLA_BRPORT_LEARNING = 8;
  private static final int IFLA_BRPORT_UNICAST_FLOOD = 9;
  private static final int IFLA_BRPORT_MCAST_FLOOD = 27;
  private static final int IFLA_BRPORT_BCAST_FLOOD = 30;
  private static final int IFLA_BRPORT_GROUP_FWD_MASK = 31;
  private static final int IFLA_BRPORT_ISOLATED = 33;

  @Override
  public String describe() {
    return "port settings";
  }

  @Override
  public void write(MessageWriter out) {
    int info = out.nest(Rtnetlink.IFLA_LINKINFO);
    out.attributeText(Rtnetlink.IFLA_INFO_SLAVE_KIND, "bridge");
    int data = out.nest(Rtnetlink.IFLA_INFO_SLAVE_DATA);
    out.attributeByte(IFLA_BRPORT_MODE, bit(hairpin));
    out.attributeByte(IFLA_BRPORT_LEARNING, bit(learning));
    out.attributeByte(IFLA_BRPORT_UNICAST_FLOOD, bit(unicastFlood));
    out.attributeByte(IFLA_BRPORT_MCAST_FLOOD, bit(multicastFlood));
    out.attributeByte(IFLA_BRPORT_BCAST_FLOOD, bit(broadcastFlood));
    out.attributeByte(IFLA_BRPORT_ISOLATED, bit(isolated));
    out.attributeShort(IFLA_BRPORT_GROUP_FWD_MASK, groupForwardMask);
    out.endNest(data);
    out.endNest(info);
  }

  /** Reads the payload of IFLA_INFO_SLAVE_DATA of a bridge's port. */
  static BridgePortSettings read(Attributes data) {
    boolean[] values = new boolean[6];
    List<Integer> order =
        List.of(
            IFLA_BRPORT_MODE,
            IFLA_BRPORT_LEARNING,
            IFLA_BRPORT_UNICAST_FLOOD,
            IFLA_BRPORT_MCAST_FLOOD,
            IFLA_BRPORT_BCAST_FLOOD,
            IFLA_BRPORT_ISOLATED);
    int mask = 0;
    while (data.next()) {
      if (data.type() == IFLA_BRPORT_GROUP_FWD_MASK) {
        mask = data.getShort();
      }
      int place = order.indexOf(data.type());
      if (place >= 0) {
        values[place] = data.getByte() != 0;
      }
    }
    return new BridgePortSettings(
        values[0], values[1], values[2], values[3], values[4], values[5], mask);
  }

  private static int bit(boolean value) {
    return value ? 1 : 0;
  }
}
