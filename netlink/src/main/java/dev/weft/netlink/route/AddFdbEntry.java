// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Puts a MAC behind one of a bridge's ports, permanently ({@code bridge fdb replace … master
 * static}). Replaces what the bridge knew of the MAC.
 *
 * @param bridgePort the bridge's port
 * @param mac who is behind it
 */
public record AddFdbEntry(LinkRef bridgePort, MacAddress mac) implements Request {
  @Override
  public String describe() {
    return "add fdb entry " + mac + " dev " + bridgePort;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(
        Rtnetlink.RTM_NEWNEIGH,
        Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_REPLACE);
    Headers.neighbour(
        out,
        Rtnetlink.AF_BRIDGE,
        bridgePort.index(),
        NeighbourInfo.REACHABLE | NeighbourInfo.NOARP,
        Rtnetlink.NTF_MASTER);
    out.attributeMac(Rtnetlink.NDA_LLADDR, mac);
    out.end();
  }
}
