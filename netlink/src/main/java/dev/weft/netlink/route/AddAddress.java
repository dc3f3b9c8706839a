// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Adds an address to a link without the route to its prefix and without duplicate address
 * detection: it can be used at once. Refused with EEXIST where it is there; an IPv6 address with
 * EACCES where the link has disable_ipv6 set.
 *
 * @param link which link
 * @param address with the prefix length that it shows
 */
public record AddAddress(LinkRef link, InterfaceAddress address) implements Request {
  @Override
  public String describe() {
    return "add address " + address + " dev " + link;
  }

  @Override
  public void write(MessageWriter out) {
    boolean detectsDuplicates = address.address().family() == Family.IPV6;
    int noDetection = detectsDuplicates ? Rtnetlink.IFA_F_NODAD : 0;
    out.begin(Rtnetlink.RTM_NEWADDR, Rtnetlink.CREATE);
    Headers.address(out, link, address);
    out.attributeAddress(Rtnetlink.IFA_LOCAL, address.address());
    out.attributeInt(Rtnetlink.IFA_FLAGS, Rtnetlink.IFA_F_NOPREFIXROUTE | noDetection);
    out.attributeAddress(Rtnetlink.IFA_ADDRESS, address.address());
    out.end();
  }
}
