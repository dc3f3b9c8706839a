// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

import java.nio.ByteOrder;

/** Converts numbers of network byte order to the machine's, whichever that is, and back. */
public final class NetworkOrder {
  private static final boolean SWAPPED = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private NetworkOrder() {}

  /** A number of 16 bits that was read in the other order, 0 to 65,535. */
  public static int ofShort(int value) {
    return (SWAPPED ? Short.reverseBytes((short) value) : value) & 0xffff;
  }

  /** A number of 32 bits that was read in the other order. */
  public static int ofInt(int value) {
    return SWAPPED ? Integer.reverseBytes(value) : value;
  }
}
