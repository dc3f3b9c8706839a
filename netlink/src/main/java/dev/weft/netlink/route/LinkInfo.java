// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import java.util.Optional;

/**
 * A link as the kernel reports it.
 *
 * @param index its number in its namespace
 * @param name its name
 * @param alias its free text, empty where it has none
 * @param kind such as {@code veth} or {@code bridge}; empty for hardware and loopback
 * @param master index of the bridge it is a port of, 0 for none
 * @param mtuBytes its MTU
 * @param mac its own; empty for a link without addresses of 6 bytes
 * @param flags IFF_* (linux/if.h)
 * @param group its group, 0 unless set
 * @param peer index of the other end of a veth, in that one's namespace; 0 for none
 * @param peerNamespace the number that this namespace has for the other end's; -1 where the other
 *     end is here, or there is none
 * @param bridge how it treats frames; empty where it is no bridge
 * @param bridgePort how its bridge treats it; empty where it is no bridge's port
 * @param vxlan what a VXLAN device was made with; empty where it is none
 * @param reversePathFilter its {@code net.ipv4.conf.DEVICE.rp_filter}; 0 where the kernel reported
 *     none
 */
public record LinkInfo(
    int index,
    String name,
    String alias,
    String kind,
    int master,
    int mtuBytes,
    Optional<MacAddress> mac,
    int flags,
    int group,
    int peer,
    int peerNamespace,
    Optional<BridgeSettings> bridge,
    Optional<BridgePortSettings> bridgePort,
    Optional<VxlanSettings> vxlan,
    int reversePathFilter) {
  private static final int FIXED = 16;

  /** Whether it is administratively up. */
  public boolean up() {
    return (flags & Rtnetlink.IFF_UP) != 0;
  }

  /** Index and name. */
  public LinkRef ref() {
    return new LinkRef(index, name);
  }

  /**
   * Reads RTM_NEWLINK or RTM_DELLINK.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  public static LinkInfo read(MessageReader message) {
    Reading link = new Reading();
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      link.read(attributes);
    }
    return new LinkInfo(
        message.getInt(4),
        link.name,
        link.alias,
        link.kind,
        link.master,
        link.mtu,
        link.mac,
        message.getInt(8),
        link.group,
        link.peer,
        link.peerNamespace,
        link.bridge,
        link.bridgePort,
        link.vxlan,
        link.reversePathFilter);
  }

  /** What was read of a link so far. */
  private static final class Reading {
    private String name = "";
    private String alias = "";
    private String kind = "";
    private int master;
    private int mtu;
    private Optional<MacAddress> mac = Optional.empty();
    private int group;
    private int peer;
    private int peerNamespace = -1;
    private Optional<BridgeSettings> bridge = Optional.empty();
    private Optional<BridgePortSettings> bridgePort = Optional.empty();
    private Optional<VxlanSettings> vxlan = Optional.empty();
    private int reversePathFilter;

    void read(Attributes attribute) {
      switch (attribute.type()) {
        case Rtnetlink.IFLA_IFNAME -> name = attribute.getString();
        case Rtnetlink.IFLA_IFALIAS -> alias = attribute.getString();
        case Rtnetlink.IFLA_MASTER -> master = attribute.getInt();
        case Rtnetlink.IFLA_MTU -> mtu = attribute.getInt();
        case Rtnetlink.IFLA_ADDRESS -> mac = attribute.getMac();
        case Rtnetlink.IFLA_GROUP -> group = attribute.getInt();
        case Rtnetlink.IFLA_LINK -> peer = attribute.getInt();
        case Rtnetlink.IFLA_LINK_NETNSID -> peerNamespace = attribute.getInt();
        case Rtnetlink.IFLA_LINKINFO -> readInfo(attribute.nested());
        case Rtnetlink.IFLA_AF_SPEC -> readFamilies(attribute.nested());
        default -> {
          // Nothing we use.
        }
      }
    }

    /** The kernel reports the settings of IPv4 as an array, from 1. */
    private void readFamilies(Attributes families) {
      while (families.next()) {
        if (families.type() == Rtnetlink.AF_INET) {
          Attributes inet = families.nested();
          while (inet.next()) {
            if (inet.type() == Rtnetlink.IFLA_INET_CONF) {
              reversePathFilter = inet.intAt(Rtnetlink.IPV4_DEVCONF_RP_FILTER - 1);
            }
          }
        }
      }
    }

    private void readInfo(Attributes info) {
      boolean ofBridge = false;
      while (info.next()) {
        switch (info.type()) {
          case Rtnetlink.IFLA_INFO_KIND -> kind = info.getString();
          case Rtnetlink.IFLA_INFO_DATA -> {
            if (kind.equals("bridge")) {
              bridge = Optional.of(BridgeSettings.read(info.nested()));
            } else if (kind.equals("vxlan")) {
              vxlan = Optional.of(VxlanSettings.read(info.nested()));
            }
          }
          case Rtnetlink.IFLA_INFO_SLAVE_KIND -> ofBridge = info.getString().equals("bridge");
          case Rtnetlink.IFLA_INFO_SLAVE_DATA -> {
            if (ofBridge) {
              bridgePort = Optional.of(BridgePortSettings.read(info.nested()));
            }
          }
          default -> {
            // Nothing we use.
          }
        }
      }
    }
  }
}
