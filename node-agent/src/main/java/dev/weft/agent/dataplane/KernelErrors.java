// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;

/** The kernel's refusals in the dataplane's terms. */
final class KernelErrors {
  /** The kernel's words for a kind of link that it has no driver of. */
  static final String UNKNOWN_KIND = "Unknown device type";

  private KernelErrors() {}

  /** A refusal that needs no words of ours: {@code GONE} where an object is missing. */
  static DataplaneException of(NetlinkException e) {
    boolean gone =
        e.errno() == Errno.ENODEV || e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH;
    String hint =
        e.text().startsWith(UNKNOWN_KIND)
            ? "; this kernel lacks it: run modprobe bridge and modprobe veth on the node, or take a"
                + " kernel with CONFIG_BRIDGE and CONFIG_VETH"
            : "";
    Reason otherwise = e.errno() == Errno.ETIMEDOUT ? Reason.BUSY : Reason.OTHER;
    return new DataplaneException(gone ? Reason.GONE : otherwise, e.getMessage() + hint, e);
  }

  /** A refusal with its reason, and a hint that follows the kernel's words. */
  static DataplaneException of(Reason reason, NetlinkException e, String hint) {
    return new DataplaneException(reason, e.getMessage() + "; " + hint, e);
  }
}
