// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

/** An IP address family. */
public enum Family {
  /** IPv4 (RFC 791): 32-bit addresses. */
  IPV4(32, 4, 2),
  /** IPv6 (RFC 8200): 128-bit addresses. */
  IPV6(128, 6, 10);

  private final int bits;
  private final int version;
  private final int socketFamily;

  Family(int bits, int version, int socketFamily) {
    this.bits = bits;
    this.version = version;
    this.socketFamily = socketFamily;
  }

  /** Length of an address in bits: 32 or 128. */
  public int bits() {
    return bits;
  }

  /** Length of an address in bytes: 4 or 16. */
  public int bytes() {
    return bits / 8;
  }

  /** The version number of the protocol: 4 or 6. */
  public int version() {
    return version;
  }

  /** AF_INET or AF_INET6 (linux/socket.h). */
  public int socketFamily() {
    return socketFamily;
  }
}
