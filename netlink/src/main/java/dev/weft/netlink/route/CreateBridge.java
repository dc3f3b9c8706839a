// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Makes a bridge that is up and minds no multicast groups (no snooping): it sends nothing to its
 * ports by itself. Refused with EEXIST where a link has the name.
 *
 * @param name of the bridge, at most 15 bytes
 * @param mac its own, so that it never takes a port's
 * @param mtuBytes its MTU
 * @param groupForwardMask as in {@link BridgeSettings}
 */
public record CreateBridge(String name, MacAddress mac, int mtuBytes, int groupForwardMask)
    implements Request {
  private static final int IFLA_BR_MCAST_SNOOPING = 23;

  @Override
  public String describe() {
    return "create bridge " + name;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_NEWLINK, Rtnetlink.CREATE);
    Headers.link(out, 0, 0, Rtnetlink.IFF_UP, Rtnetlink.IFF_UP);
    out.attributeInt(Rtnetlink.IFLA_MTU, mtuBytes);
    out.attributeMac(Rtnetlink.IFLA_ADDRESS, mac);
    out.attributeString(Rtnetlink.IFLA_IFNAME, name);
    int info = out.nest(Rtnetlink.IFLA_LINKINFO);
    out.attributeText(Rtnetlink.IFLA_INFO_KIND, "bridge");
    int data = out.nest(Rtnetlink.IFLA_INFO_DATA);
    out.attributeShort(BridgeSettings.IFLA_BR_GROUP_FWD_MASK, groupForwardMask);
    out.attributeByte(IFLA_BR_MCAST_SNOOPING, 0);
    out.endNest(data);
    out.endNest(info);
    out.end();
  }
}
