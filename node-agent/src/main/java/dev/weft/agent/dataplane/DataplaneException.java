// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

/** The kernel refused something. The message has what failed on which object and why. */
public class DataplaneException extends Exception {
  /** Why, as far as a caller acts on it. */
  public enum Reason {
    /** The pod already has an interface of that name. */
    INTERFACE_EXISTS,
    /** IPv6 is switched off in the pod (disable_ipv6); only a process on the host can mend that. */
    IPV6_DISABLED,
    /** A route of somebody else holds the prefix. */
    FOREIGN_ROUTE,
    /** A link of that name is not ours. */
    FOREIGN_LINK,
    /** The pod's namespace, or an object in it, is gone. */
    GONE,
    /** An object of the node that is ours is missing, such as a set: the loop makes it again. */
    MISSING,
    /** It takes longer than a caller waits: it may be over when it is tried again. */
    BUSY,
    /** Anything else: see the message. */
    OTHER
  }

  private final Reason reason;

  /** A failure with the kernel's message in its own. */
  public DataplaneException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** A failure that no call of the kernel reported. */
  public DataplaneException(Reason reason, String message) {
    this(reason, message, null);
  }

  /** Why it failed. */
  public Reason reason() {
    return reason;
  }
}
