// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import java.util.Set;

/**
 * Attachments that an ADD or DEL is working on: the loop leaves all that belongs to them alone.
 *
 * @param ports their host ends' names
 * @param addresses their addresses
 */
public record InFlight(Set<String> ports, Set<IpAddress> addresses) {
  /** Nothing is in flight. */
  public static final InFlight NONE = new InFlight(Set.of(), Set.of());

  /** Copies the sets. */
  public InFlight {
    ports = Set.copyOf(ports);
    addresses = Set.copyOf(addresses);
  }
}
