// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import java.util.Set;

/**
 * Attachments that an ADD or DEL is working on: the loop leaves all that belongs to them alone.
 *
 * @param hostVeths their host ends' names
 * @param addresses their addresses
 */
public record InFlight(Set<String> hostVeths, Set<IpAddress> addresses) {
  /** Nothing is in flight. */
  public static final InFlight NONE = new InFlight(Set.of(), Set.of());

  /** Copies the sets. */
  public InFlight {
    hostVeths = Set.copyOf(hostVeths);
    addresses = Set.copyOf(addresses);
  }

  /** Whether an ADD or DEL is at work at all. */
  public boolean any() {
    return !hostVeths.isEmpty();
  }
}
