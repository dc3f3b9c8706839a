// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.libc.Errno;
import java.io.IOException;

/**
 * The kernel refused something, or did not answer. The message is the action, the error's name and
 * the kernel's own text: {@code add route 10.244.2.0/24 via 192.168.1.12: ENETUNREACH: Nexthop has
 * invalid gateway}.
 */
public class NetlinkException extends IOException {
  private final String action;
  private final int errno;
  private final String text;

  /**
   * A refusal.
   *
   * @param action what was requested
   * @param errno why, a positive number of {@link Errno}
   * @param text the kernel's message, empty for the general text of the number
   */
  public NetlinkException(String action, int errno, String text) {
    super(action + ": " + Errno.name(errno) + ": " + (text.isEmpty() ? Errno.text(errno) : text));
    this.action = action;
    this.errno = errno;
    this.text = text;
  }

  /** What was requested. */
  public String action() {
    return action;
  }

  /** Why, a positive number of {@link Errno}. */
  public int errno() {
    return errno;
  }

  /** The name of {@link #errno()}, such as {@code ENODEV}. */
  public String errnoName() {
    return Errno.name(errno);
  }

  /**
   * Whether the kernel has not the object that was named, or one that it depends on: ENODEV for a
   * link, ENOENT for a table, set, element, rule or neighbour, ESRCH for a route, EADDRNOTAVAIL for
   * an address of a link.
   */
  public boolean isNotFound() {
    return errno == Errno.ENODEV
        || errno == Errno.ENOENT
        || errno == Errno.ESRCH
        || errno == Errno.EADDRNOTAVAIL;
  }

  /** The kernel's own message (its extended acknowledgement), empty where it gave none. */
  public String text() {
    return text;
  }
}
