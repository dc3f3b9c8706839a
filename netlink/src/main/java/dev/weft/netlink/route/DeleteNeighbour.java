// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a neighbour entry. Refused with ENOENT where there is none.
 *
 * @param link where the neighbour is
 * @param address its address
 */
public record DeleteNeighbour(LinkRef link, IpAddress address) implements Request {
  @Override
  public String describe() {
    return "delete neighbour " + address + " dev " + link;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELNEIGH, Rtnetlink.NLM_F_REQUEST);
    Headers.neighbour(
        out, address.family().socketFamily(), link.index(), NeighbourInfo.PERMANENT, 0);
    out.attributeAddress(Rtnetlink.NDA_DST, address);
    out.end();
  }
}
