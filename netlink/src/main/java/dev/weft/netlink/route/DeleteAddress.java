// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.InterfaceAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Takes an address from a link. Refused with EADDRNOTAVAIL where it is not there, ENODEV where the
 * link is not.
 *
 * @param link which link
 * @param address with its prefix length
 */
public record DeleteAddress(LinkRef link, InterfaceAddress address) implements Request {
  @Override
  public String describe() {
    return "delete address " + address + " dev " + link;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELADDR, Rtnetlink.NLM_F_REQUEST);
    Headers.address(out, link, address);
    out.attributeAddress(Rtnetlink.IFA_LOCAL, address.address());
    out.attributeAddress(Rtnetlink.IFA_ADDRESS, address.address());
    out.end();
  }
}
