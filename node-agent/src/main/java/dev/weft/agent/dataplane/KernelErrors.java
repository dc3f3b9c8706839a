// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;

/** The kernel's refusals in the dataplane's terms. */
final class KernelErrors {
  private KernelErrors() {}

  /** A refusal that needs no words of ours: {@code GONE} where an object is missing. */
  static DataplaneException of(NetlinkException e) {
    boolean gone =
        e.errno() == Errno.ENODEV || e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH;
    return new DataplaneException(gone ? Reason.GONE : Reason.OTHER, e.getMessage(), e);
  }

  /** A refusal with its reason, and a hint that follows the kernel's words. */
  static DataplaneException of(Reason reason, NetlinkException e, String hint) {
    return new DataplaneException(reason, e.getMessage() + "; " + hint, e);
  }
}
