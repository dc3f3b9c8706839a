// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Makes a VXLAN device that is down. Refused with EEXIST where a link has the name, or another
 * VXLAN device the identifier on that port; setting it up with EADDRINUSE where another program
 * listens on the port.
 *
 * @param name of the device, at most 15 bytes
 * @param mac its own
 * @param mtuBytes its MTU: the packet inside of the tunnel
 * @param settings what cannot be changed afterwards
 */
public record CreateVxlan(String name, MacAddress mac, int mtuBytes, VxlanSettings settings)
    implements Request {
  @Override
  public String describe() {
    return "create " + name + " " + settings;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_NEWLINK, Rtnetlink.CREATE);
    Headers.link(out, 0, 0, 0, 0);
    out.attributeInt(Rtnetlink.IFLA_MTU, mtuBytes);
    out.attributeMac(Rtnetlink.IFLA_ADDRESS, mac);
    out.attributeString(Rtnetlink.IFLA_IFNAME, name);
    int info = out.nest(Rtnetlink.IFLA_LINKINFO);
    out.attributeText(Rtnetlink.IFLA_INFO_KIND, "vxlan");
    int data = out.nest(Rtnetlink.IFLA_INFO_DATA);
    settings.write(out);
    out.endNest(data);
    out.endNest(info);
    out.end();
  }
}
