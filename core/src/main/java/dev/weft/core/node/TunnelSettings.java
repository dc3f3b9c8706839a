// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * What all nodes of a cluster agree on for their tunnels.
 *
 * @param vni the VXLAN network identifier, 1 to 16777215
 * @param port the UDP port that tunnels end at, 1 to 65535
 */
public record TunnelSettings(int vni, int port) {
  /** Neither Flannel's (1, 8472), Calico's (4096, 4789) nor Cilium's (2, 8472). */
  public static final TunnelSettings DEFAULT = new TunnelSettings(0x776566, 8478);

  private static final int MAX_VNI = (1 << 24) - 1;
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
  }
}
