// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/** One property that {@link SetLink} sets on a link. At most one of each type in a request. */
public sealed interface LinkSetting
    permits BridgePortSettings, BridgeSettings, LinkSetting.Simple, LinkSetting.Up {
  /** As text, such as {@code mtu 1450}. */
  String describe();

  /** Writes its attribute of RTM_NEWLINK. */
  void write(MessageWriter out);

  /** Administratively up or down: a flag of the fixed header, no attribute. */
  record Up(boolean up) implements LinkSetting {
    @Override
    public String describe() {
      return up ? "up" : "down";
    }

    @Override
    public void write(MessageWriter out) {
      // In the fixed header.
    }
  }

  /** One that is one attribute. */
  record Simple(String describe, Consumer<MessageWriter> writer) implements LinkSetting {
    @Override
    public void write(MessageWriter out) {
      writer.accept(out);
    }
  }

  /** The largest packet, in bytes. */
  static LinkSetting mtu(int bytes) {
    return new Simple("mtu " + bytes, out -> out.attributeInt(Rtnetlink.IFLA_MTU, bytes));
  }

  /** The link's own MAC. */
  static LinkSetting mac(MacAddress mac) {
    return new Simple("address " + mac, out -> out.attributeMac(Rtnetlink.IFLA_ADDRESS, mac));
  }

  /** The bridge it is a port of, by index; 0 takes it from its bridge. */
  static LinkSetting master(int index) {
    return new Simple(
        index == 0 ? "nomaster" : "master " + index,
        out -> out.attributeInt(Rtnetlink.IFLA_MASTER, index));
  }

  /** Free text, at most 255 bytes of UTF-8. */
  static LinkSetting alias(String text) {
    return new Simple("alias", out -> out.attributeText(Rtnetlink.IFLA_IFALIAS, text));
  }

  /** The group that it can be listed and deleted by; 0 is everybody's. */
  static LinkSetting group(int number) {
    return new Simple("group " + number, out -> out.attributeInt(Rtnetlink.IFLA_GROUP, number));
  }

  /**
   * Makes itself no IPv6 link-local address when it gets a carrier (IN6_ADDR_GEN_MODE_NONE). A
   * request that also sets the link up does that first, and the address is there.
   */
  static LinkSetting noLinkLocalAddress() {
    return new Simple(
        "addrgenmode none",
        out -> {
          int spec = out.nest(Rtnetlink.IFLA_AF_SPEC);
          int inet6 = out.nest(Rtnetlink.AF_INET6);
          out.attributeByte(Rtnetlink.IFLA_INET6_ADDR_GEN_MODE, Rtnetlink.IN6_ADDR_GEN_MODE_NONE);
          out.endNest(inet6);
          out.endNest(spec);
        });
  }

  /**
   * Its {@code net.ipv4.conf.DEVICE.rp_filter}, without a writable /proc/sys (linux/ip.h,
   * IPV4_DEVCONF_RP_FILTER): 0 none, 1 strict, 2 loose.
   */
  static LinkSetting reversePathFilter(int mode) {
    return new Simple(
        "rp_filter " + mode,
        out -> {
          int spec = out.nest(Rtnetlink.IFLA_AF_SPEC);
          int inet = out.nest(Rtnetlink.AF_INET);
          int conf = out.nest(Rtnetlink.IFLA_INET_CONF);
          out.attributeInt(Rtnetlink.IPV4_DEVCONF_RP_FILTER, mode);
          out.endNest(conf);
          out.endNest(inet);
          out.endNest(spec);
        });
  }
}
