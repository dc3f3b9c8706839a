// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.core.net.Cidr;
import java.util.Optional;

/**
 * What the kernel notifies its listeners of: the head of a change.
 *
 * @param subject what kind of object changed
 * @param removed whether it is gone; else new or changed
 * @param family AF_* of the object: 0 for a link, 7 for what a bridge reports of its port, 2 or 10
 * @param link index of the link, of an address, neighbour or route the link it is on; 0 for none
 * @param name of the link, only where the subject is LINK; of the table, only where it is NFTABLES
 *     or BASE_CHAIN; else empty
 * @param protocol who made a route or next hop (rtm_protocol), 0 for other subjects
 * @param destination of a route that is not ours, else empty
 * @param state NUD_* of a neighbour, 0 for other subjects
 * @param netlinkPid of the socket by which a route, neighbour or nftables was changed ({@link
 *     NetlinkSocket#netlinkPid}); 0 for what the kernel does by itself, and for links
 */
public record Notification(
    Subject subject,
    boolean removed,
    int family,
    int link,
    String name,
    int protocol,
    Optional<Cidr> destination,
    int state,
    int netlinkPid) {
  /** Of another object than a route. */
  public Notification(
      Subject subject,
      boolean removed,
      int family,
      int link,
      String name,
      int state,
      int netlinkPid) {
    this(subject, removed, family, link, name, 0, Optional.empty(), state, netlinkPid);
  }

  /** A kind of object. */
  public enum Subject {
    /** A link, or a bridge's port. */
    LINK,
    /** An address of a link. */
    ADDRESS,
    /** A route. */
    ROUTE,
    /** A next-hop object. */
    NEXT_HOP,
    /** A neighbour entry or, with family 7, an FDB entry. */
    NEIGHBOUR,
    /** Something of nftables that is none of the next: a table, rule, set or element. */
    NFTABLES,
    /**
     * A base chain of nftables at the prerouting or the forward hook, or the removal of any chain
     * or table.
     */
    BASE_CHAIN
  }
}
