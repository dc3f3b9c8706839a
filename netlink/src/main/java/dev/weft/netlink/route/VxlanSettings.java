// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.Optional;

/**
 * What a VXLAN device is made with (linux/if_link.h, IFLA_VXLAN_*): it learns nothing, and its UDP
 * source ports are the kernel's default range. The kernel changes none of it afterwards.
 *
 * @param vni the VXLAN network identifier, 1 to 16777215
 * @param port the UDP port that it listens and sends to
 * @param underlay index of the link that it sends by; 0 lets the routes decide
 * @param local the address that it sends from; empty lets the kernel choose
 * @param learns whether it learns from what it receives
 */
public record VxlanSettings(
    int vni, int port, int underlay, Optional<IpAddress> local, boolean learns) {
  private static final int IFLA_VXLAN_ID = 1;
  private static final int IFLA_VXLAN_LINK = 3;
  private static final int IFLA_VXLAN_LOCAL = 4;
  private static final int IFLA_VXLAN_LEARNING = 7;
  private static final int IFLA_VXLAN_PORT = 15;
  private static final int IFLA_VXLAN_LOCAL6 = 17;

  /** Settings of one that learns nothing. */
  public VxlanSettings(int vni, int port, int underlay, IpAddress local) {
    this(vni, port, underlay, Optional.of(local), false);
  }

  /** Writes the payload of IFLA_INFO_DATA. */
  void write(MessageWriter out) {
    if (underlay != 0) {
      out.attributeInt(IFLA_VXLAN_LINK, underlay);
    }
    out.attributeInt(IFLA_VXLAN_ID, vni);
    local.ifPresent(
        address ->
            out.attributeAddress(
                address.family() == Family.IPV4 ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6, address));
    out.attributeByte(IFLA_VXLAN_LEARNING, learns ? 1 : 0);
    out.attributeShort(IFLA_VXLAN_PORT, NetworkOrder.ofShort(port));
  }

  /** Reads the payload of IFLA_INFO_DATA of a VXLAN device. */
  static VxlanSettings read(Attributes data) {
    int vni = 0;
    int port = 0;
    int underlay = 0;
    IpAddress local = null;
    boolean learns = true;
    while (data.next()) {
      switch (data.type()) {
        case IFLA_VXLAN_ID -> vni = data.getInt();
        case IFLA_VXLAN_LINK -> underlay = data.getInt();
        case IFLA_VXLAN_LOCAL -> local = data.getAddress(Family.IPV4);
        case IFLA_VXLAN_LOCAL6 -> local = data.getAddress(Family.IPV6);
        case IFLA_VXLAN_LEARNING -> learns = data.getByte() != 0;
        case IFLA_VXLAN_PORT -> port = NetworkOrder.ofShort(data.getShort());
        default -> {
          // Nothing we use.
        }
      }
    }
    return new VxlanSettings(vni, port, underlay, Optional.ofNullable(local), learns);
  }

  /** As {@code ip link} writes it. */
  @Override
  public String toString() {
    return "vxlan id "
        + vni
        + local.map(address -> " local " + address).orElse("")
        + " dstport "
        + port
        + (learns ? "" : " nolearning");
  }
}
