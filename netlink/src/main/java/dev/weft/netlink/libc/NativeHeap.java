// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

/** What the C library has allocated, for itself and for the JVM. */
public final class NativeHeap {
  private static final LibC LIBC = LibC.load();

  private NativeHeap() {}

  /**
   * Gives back to the kernel the pages that hold nothing (malloc_trim(3)). The C library keeps them
   * by itself, of each of its arenas. Nothing happens where it has no such function (musl).
   */
  public static void trim() {
    try {
      LIBC.malloc_trim(0);
    } catch (UnsatisfiedLinkError e) {
      return;
    }
  }
}
