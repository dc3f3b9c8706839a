// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Makes a MAC a bridge's own, permanently ({@code bridge fdb replace … dev BRIDGE self permanent}).
 * The kernel writes this entry when the bridge gets its MAC, and a flush removes it.
 *
 * @param bridge the bridge
 * @param mac whose frames it takes
 */
public record AddBridgeFdbEntry(LinkRef bridge, MacAddress mac) implements Request {
  @Override
  public String describe() {
    return "add fdb entry " + mac + " dev " + bridge + " self";
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(
        Rtnetlink.RTM_NEWNEIGH,
        Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_REPLACE);
    Headers.neighbour(
        out, Rtnetlink.AF_BRIDGE, bridge.index(), NeighbourInfo.PERMANENT, Rtnetlink.NTF_SELF);
    out.attributeMac(Rtnetlink.NDA_LLADDR, mac);
    out.end();
  }
}
