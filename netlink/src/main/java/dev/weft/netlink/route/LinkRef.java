// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

/**
 * A link, by the number that the kernel knows it by and the name that people do.
 *
 * @param index its interface index, positive
 * @param name its name, for messages only
 */
public record LinkRef(int index, String name) {
  /** The loopback of every namespace. */
  public static final LinkRef LOOPBACK = new LinkRef(1, "lo");

  @Override
  public String toString() {
    return name;
  }
}
