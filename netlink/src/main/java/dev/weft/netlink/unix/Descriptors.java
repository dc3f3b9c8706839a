// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import dev.weft.netlink.libc.Sys;

/** Descriptors that another process handed over. */
public final class Descriptors {
  private Descriptors() {}

  /** Closes a descriptor. It is gone even where the kernel reports an error of it (close(2)). */
  public static void close(int fd) {
    Sys.close(fd);
  }
}
