// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * A VXLAN device, by which packets to other nodes' blocks are sent through tunnels over one family
 * of addresses. It learns nothing: where it sends to is written by us.
 *
 * @param underlay the family of the addresses that tunnels lead between
 * @param mac its own, which other nodes address its frames to
 * @param mtuBytes the largest packet inside of a tunnel
 * @param vni the VXLAN network identifier
 * @param port the UDP port that it listens and sends to
 * @param link name of the link that it sends by
 * @param local the address that it sends from
 * @param up whether it is administratively up, learns nothing, and takes packets whose answer
 *     leaves by another link
 */
public record VxlanDevice(
    Family underlay,
    MacAddress mac,
    int mtuBytes,
    int vni,
    int port,
    String link,
    IpAddress local,
    boolean up) {
  /** The devices of a node; they stay while an ADD or DEL is at work. */
  public static final Kind<VxlanDevice> KIND =
      Kind.<VxlanDevice>of("device", 12, VxlanDevice::underlay)
          .text(VxlanDevice::name)
          .foundation()
          .build();

  private static final String OVER_IPV4 = "v-net-vx4";
  private static final String OVER_IPV6 = "v-net-vx6";
  private static final int OUTER_HEADERS_IPV4 = 50;
  private static final int OUTER_HEADERS_IPV6 = 70;

  /** Its name on every node. */
  public static String name(Family underlay) {
    return underlay == Family.IPV4 ? OVER_IPV4 : OVER_IPV6;
  }

  /** Whether a link's name is that of one. */
  public static boolean isName(String link) {
    return link.equals(OVER_IPV4) || link.equals(OVER_IPV6);
  }

  /** What of a packet's room on the link a tunnel's own headers take, in bytes. */
  public static int overheadBytes(Family underlay) {
    return underlay == Family.IPV4 ? OUTER_HEADERS_IPV4 : OUTER_HEADERS_IPV6;
  }

  /** Its name. */
  public String name() {
    return name(underlay);
  }

  /** Whether it becomes another by a change that the kernel makes: else it is made again. */
  public boolean isChangeableTo(VxlanDevice other) {
    return vni == other.vni
        && port == other.port
        && link.equals(other.link)
        && local.equals(other.local);
  }

  /** Whether a change takes everything along that is on the device. */
  static boolean isLost(Change<VxlanDevice> change, String device) {
    return change.before().filter(before -> before.name().equals(device)).isPresent()
        && change.after().filter(change.before().get()::isChangeableTo).isEmpty();
  }
}
