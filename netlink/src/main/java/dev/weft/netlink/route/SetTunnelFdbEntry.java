// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Has a VXLAN device send frames to a MAC to an address, for good ({@code bridge fdb replace … self
 * permanent}), in place of the one before.
 *
 * @param link the VXLAN device
 * @param mac of the frames
 * @param remote where the other end of the tunnel is
 */
public record SetTunnelFdbEntry(LinkRef link, MacAddress mac, IpAddress remote) implements Request {
  @Override
  public String describe() {
    return "set fdb entry " + mac + " dst " + remote + " dev " + link;
  }

  @Override
  public void write(MessageWriter out) {
    int flags = Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_REPLACE;
    TunnelFdbEntry.write(out, Rtnetlink.RTM_NEWNEIGH, flags, link, mac, remote);
  }
}
