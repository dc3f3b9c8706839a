// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a link; of a veth, both ends. Refused with ENODEV where there is none.
 *
 * <p>The acknowledgement comes 15 ms and more after the link is gone for everybody: see {@link
 * dev.weft.netlink.NetlinkMonitor#linkRemovals}.
 *
 * @param index of the link; 0 to find it by name
 * @param name of the link; with an index for messages only
 */
public record DeleteLink(int index, String name) implements Request {
  /** Deletes the link of this index. */
  public static DeleteLink of(LinkRef link) {
    return new DeleteLink(link.index(), link.name());
  }

  /** Deletes the link of this name, whatever its index. */
  public static DeleteLink byName(String name) {
    return new DeleteLink(0, name);
  }

  @Override
  public String describe() {
    return "delete link " + name;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELLINK, Rtnetlink.NLM_F_REQUEST);
    Headers.link(out, 0, index, 0, 0);
    if (index == 0) {
      out.attributeString(Rtnetlink.IFLA_IFNAME, name);
    }
    out.end();
  }
}
