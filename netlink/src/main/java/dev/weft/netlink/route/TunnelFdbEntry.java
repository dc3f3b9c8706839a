// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;

/**
 * What a VXLAN device has of a MAC: which address a frame to it is sent to.
 *
 * @param link index of the device
 * @param mac of the frame; all zero for what has no entry of its own
 * @param remote the address of the other end of the tunnel (VTEP)
 * @param permanent whether it was written for good, and not learnt
 */
public record TunnelFdbEntry(int link, MacAddress mac, IpAddress remote, boolean permanent) {
  private static final int FIXED = 12;

  /**
   * Reads RTM_NEWNEIGH of AF_BRIDGE of a VXLAN device.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  static TunnelFdbEntry read(MessageReader message) {
    MacAddress mac = null;
    IpAddress remote = null;
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rtnetlink.NDA_LLADDR -> mac = attributes.getMac().orElse(null);
        case Rtnetlink.NDA_DST -> remote = IpAddress.ofBytes(attributes.getBytes());
        default -> {
          // Nothing we use.
        }
      }
    }
    return new TunnelFdbEntry(
        message.getInt(4),
        Prefixes.present(mac, "MAC"),
        Prefixes.present(remote, "remote address"),
        (message.getShort(8) & NeighbourInfo.PERMANENT) != 0);
  }

  static void write(
      MessageWriter out, int type, int flags, LinkRef link, MacAddress mac, IpAddress remote) {
    out.begin(type, flags);
    Headers.neighbour(
        out,
        Rtnetlink.AF_BRIDGE,
        link.index(),
        NeighbourInfo.NOARP | NeighbourInfo.PERMANENT,
        Rtnetlink.NTF_SELF);
    out.attributeMac(Rtnetlink.NDA_LLADDR, mac);
    out.attributeAddress(Rtnetlink.NDA_DST, remote);
    out.end();
  }
}
