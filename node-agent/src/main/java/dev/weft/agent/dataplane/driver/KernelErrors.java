// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;

/** The kernel's refusals in the dataplane's terms. */
public final class KernelErrors {
  /** The kernel's message for a kind of link that it has no driver of. */
  static final String UNKNOWN_KIND = "Unknown device type";

  private KernelErrors() {}

  /** A refusal that the kernel answered in a pod: {@code GONE} where an object is missing. */
  public static DataplaneException inPod(NetlinkException e) {
    return new DataplaneException(reason(e, Reason.GONE), e.getMessage(), e);
  }

  private static Reason reason(NetlinkException e, Reason notFound) {
    if (e.isNotFound()) {
      return notFound;
    }
    return e.errno() == Errno.ETIMEDOUT ? Reason.BUSY : Reason.OTHER;
  }

  /**
   * A refusal that the kernel answered on the node, and that needs no hint of ours: {@code MISSING}
   * where an object is missing.
   */
  public static DataplaneException of(NetlinkException e) {
    String hint =
        e.text().startsWith(UNKNOWN_KIND)
            ? "; this kernel lacks it: run modprobe bridge and modprobe veth on the node, or take a"
                + " kernel with CONFIG_BRIDGE and CONFIG_VETH"
            : "";
    return new DataplaneException(reason(e, Reason.MISSING), e.getMessage() + hint, e);
  }

  /** A refusal with its reason, and a hint that follows the kernel's message. */
  public static DataplaneException of(Reason reason, NetlinkException e, String hint) {
    return new DataplaneException(reason, e.getMessage() + "; " + hint, e);
  }
}
