// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.MessageWriter;

/** One property that {@link SetLink} sets on a link. At most one of each type in a request. */
public sealed interface LinkSetting
    permits BridgePortSettings, BridgeSettings, Ipv4Settings, LinkSetting.Simple {
  /** As text, such as {@code mtu 1450}. */
  String describe();

  /** Writes its attribute of RTM_NEWLINK. */
  void write(MessageWriter out);

  /** Administratively up or down: a flag of the fixed header, no attribute. */
  record Up(boolean up) implements Simple {
    @Override
    public String describe() {
      return up ? "up" : "down";
    }

    @Override
    public void write(MessageWriter out) {
      // In the fixed header.
    }
  }

  /** The largest packet, in bytes. */
  record Mtu(int bytes) implements Simple {
    @Override
    public String describe() {
      return "mtu " + bytes;
    }

    @Override
    public void write(MessageWriter out) {
      out.attributeInt(Rtnetlink.IFLA_MTU, bytes);
    }
  }

  /** The link's own MAC. */
  record Mac(MacAddress mac) implements Simple {
    @Override
    public String describe() {
      return "address " + mac;
    }

    @Override
    public void write(MessageWriter out) {
      out.attributeMac(Rtnetlink.IFLA_ADDRESS, mac);
    }
  }

  /** The bridge it is a port of, by index; 0 takes it from its bridge. */
  record Master(int index) implements Simple {
    @Override
    public String describe() {
      return index == 0 ? "nomaster" : "master " + index;
    }

    @Override
    public void write(MessageWriter out) {
      out.attributeInt(Rtnetlink.IFLA_MASTER, index);
    }
  }

  /** Free text, at most 255 bytes of UTF-8. */
  record Alias(String text) implements Simple {
    @Override
    public String describe() {
      return "alias";
    }

    @Override
    public void write(MessageWriter out) {
      out.attributeText(Rtnetlink.IFLA_IFALIAS, text);
    }
  }

  /** The group that it can be listed and deleted by; 0 is everybody's. */
  record Group(int number) implements Simple {
    @Override
    public String describe() {
      return "group " + number;
    }

    @Override
    public void write(MessageWriter out) {
      out.attributeInt(Rtnetlink.IFLA_GROUP, number);
    }
  }

  /**
   * Makes itself no IPv6 link-local address when it gets a carrier (IN6_ADDR_GEN_MODE_NONE). A
   * request that also sets the link up does that first, and the address is there.
   */
  record NoLinkLocalAddress() implements Simple {
    @Override
    public String describe() {
      return "addrgenmode none";
    }

    @Override
    public void write(MessageWriter out) {
      int spec = out.nest(Rtnetlink.IFLA_AF_SPEC);
      int inet6 = out.nest(Rtnetlink.AF_INET6);
      out.attributeByte(Rtnetlink.IFLA_INET6_ADDR_GEN_MODE, Rtnetlink.IN6_ADDR_GEN_MODE_NONE);
      out.endNest(inet6);
      out.endNest(spec);
    }
  }

  /** Those that are one attribute or flag. */
  sealed interface Simple extends LinkSetting
      permits Up, Mtu, Mac, Master, Alias, Group, NoLinkLocalAddress {}
}
