// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Puts a MAC behind one of a bridge's ports, permanently ({@code bridge fdb replace … master
 * static}). Replaces what the bridge knew of the MAC.
 *
 * @param port the bridge's port
 * @param mac who is behind it
 */
public record AddFdbEntry(LinkRef port, MacAddress mac) implements Request {
  @Override
  public String describe() {
    return "add fdb entry " + mac + " dev " + port;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(
        Rtnetlink.RTM_NEWNEIGH,
        Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_REPLACE);
    Headers.neighbour(
        out,
        Rtnetlink.AF_BRIDGE,
        port.index(),
        NeighbourInfo.REACHABLE | NeighbourInfo.NOARP,
        Rtnetlink.NTF_MASTER);
    out.attributeMac(Rtnetlink.NDA_LLADDR, mac);
    out.end();
  }
}
