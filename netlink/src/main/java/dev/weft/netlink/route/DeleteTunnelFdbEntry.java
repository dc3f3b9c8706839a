// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes what a VXLAN device has of a MAC. Refused with ENOENT where there is no such entry.
 *
 * @param link the VXLAN device
 * @param mac of the frames
 * @param remote where they went
 */
public record DeleteTunnelFdbEntry(LinkRef link, MacAddress mac, IpAddress remote)
    implements Request {
  @Override
  public String describe() {
    return "delete fdb entry " + mac + " dst " + remote + " dev " + link;
  }

  @Override
  public void write(MessageWriter out) {
    TunnelFdbEntry.write(out, Rtnetlink.RTM_DELNEIGH, Rtnetlink.NLM_F_REQUEST, link, mac, remote);
  }
}
