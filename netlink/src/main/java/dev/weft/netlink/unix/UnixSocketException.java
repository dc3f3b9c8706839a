// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import dev.weft.netlink.libc.Errno;
import java.io.IOException;

/** A call on a unix socket failed. */
public final class UnixSocketException extends IOException {
  private final int errno;

  UnixSocketException(String action, int errno) {
    super(action + ": " + Errno.name(errno) + ": " + Errno.text(errno));
    this.errno = errno;
  }

  /** Why, a positive number of {@link Errno}. */
  public int errno() {
    return errno;
  }

  /** Whether nobody is at the other end any more. */
  public boolean peerGone() {
    return errno == Errno.EPIPE || errno == Errno.ECONNRESET;
  }

  /** Whether the receive timeout passed. */
  public boolean timedOut() {
    return errno == Errno.EAGAIN;
  }
}
