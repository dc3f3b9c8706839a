// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * What all nodes of a cluster agree on for packets between nodes.
 *
 * @param vni the VXLAN network identifier, 1 to 16777215
 * @param port the UDP port that tunnels end at, 1 to 65535
 * @param mtuBytes the largest packet of pods and between nodes, 576 to 65535; 0: what the links
 *     take
 */
public record TunnelSettings(int vni, int port, int mtuBytes) {
  /** The least MTU that can be set, in bytes: what every IPv4 host takes (RFC 791, section 3.1). */
  public static final int LEAST_MTU_BYTES = 576;

  /** The largest MTU that can be set, in bytes: the longest IPv4 packet. */
  public static final int MAX_MTU_BYTES = 65535;

  /** The largest VXLAN network identifier: it has 24 bits (RFC 7348, section 5). */
  public static final int MAX_VNI = (1 << 24) - 1;

  /** Neither Flannel's (1, 8472), Calico's (4096, 4789) nor Cilium's (2, 8472). */
  public static final TunnelSettings DEFAULT = new TunnelSettings(0x776566, 8478, 0);

  private static final int MAX_PORT = 65535;

  /** Refuses what no VXLAN device can have. */
  public TunnelSettings {
    if (vni < 1 || vni > MAX_VNI) {
      throw new IllegalArgumentException(
          "a VXLAN network identifier is 1 to %d, not %d".formatted(MAX_VNI, vni));
    }
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("a UDP port is 1 to 65535, not " + port);
    }
    if (mtuBytes != 0 && (mtuBytes < LEAST_MTU_BYTES || mtuBytes > MAX_MTU_BYTES)) {
      throw new IllegalArgumentException(
          "an MTU is 0 or %d to %d bytes, not %d"
              .formatted(LEAST_MTU_BYTES, MAX_MTU_BYTES, mtuBytes));
    }
  }

  /** The MTU of what a link of this MTU takes: the setting, where that is less. */
  int within(int linkMtuBytes) {
    return mtuBytes == 0 ? linkMtuBytes : Math.min(mtuBytes, linkMtuBytes);
  }
}
