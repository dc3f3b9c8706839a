// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Writes a permanent neighbour entry, over what is there.
 *
 * @param link where the neighbour is
 * @param address its address
 * @param mac its MAC
 */
public record SetNeighbour(LinkRef link, IpAddress address, MacAddress mac) implements Request {
  @Override
  public String describe() {
    return "set neighbour " + address + " lladdr " + mac + " dev " + link;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(
        Rtnetlink.RTM_NEWNEIGH,
        Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_REPLACE);
    Headers.neighbour(
        out, address.family().socketFamily(), link.index(), NeighbourInfo.PERMANENT, 0);
    out.attributeAddress(Rtnetlink.NDA_DST, address);
    out.attributeMac(Rtnetlink.NDA_LLADDR, mac);
    out.end();
  }
}
