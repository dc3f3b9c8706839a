// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageWriter;

/**
 * How a bridge treats frames (linux/if_link.h, IFLA_BR_*).
 *
 * @param groupForwardMask which frames to the reserved addresses 01:80:c2:00:00:0x it treats as any
 *     other, one bit for each x; it hands the others to its own node past the prerouting hook. The
 *     kernel refuses the bits 0 to 2 (EINVAL): those are its ports' to set ({@link
 *     BridgePortSettings#groupForwardMask})
 */
public record BridgeSettings(int groupForwardMask) implements LinkSetting {
  /** Everything that a bridge can be set to treat as any other frame. */
  public static final int ALL_BUT_STP_PAUSE_AND_LACP = 0xfff8;

  static final int IFLA_BR_GROUP_FWD_MASK = 9;

  @Override
  public String describe() {
    return "bridge group_fwd_mask 0x%x".formatted(groupForwardMask);
  }

  @Override
  public void write(MessageWriter out) {
    int info = out.nest(Rtnetlink.IFLA_LINKINFO);
    out.attributeText(Rtnetlink.IFLA_INFO_KIND, "bridge");
    int data = out.nest(Rtnetlink.IFLA_INFO_DATA);
    out.attributeShort(IFLA_BR_GROUP_FWD_MASK, groupForwardMask);
    out.endNest(data);
    out.endNest(info);
  }

  /** Reads the payload of IFLA_INFO_DATA of a bridge. */
  static BridgeSettings read(Attributes data) {
    int mask = 0;
    while (data.next()) {
      if (data.type() == IFLA_BR_GROUP_FWD_MASK) {
        mask = data.getShort();
      }
    }
    return new BridgeSettings(mask);
  }
}
