// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What addresses a new pod is to get: one of each family.
 *
 * @param pod the pod with its namespace; empty where the runtime named none
 * @param families which to allocate an address of; empty for every family that the blocks have
 *     which may serve the pod
 * @param pools names of the IPPools whose blocks may serve the pod, the first one first; empty for
 *     any
 * @param requested addresses that the pod must have, at most one of each family
 */
public record AddressRequest(
    Optional<PodName> pod, Set<Family> families, List<String> pools, List<IpAddress> requested) {
  /** The collections do not change with the caller's. */
  public AddressRequest {
    families = Set.copyOf(families);
    pools = List.copyOf(pools);
    requested = List.copyOf(requested);
  }

  /** A request for these addresses; for the other families, of any pool, whatever is free. */
  public static AddressRequest of(Optional<PodName> pod, List<IpAddress> requested) {
    return new AddressRequest(pod, Set.of(), List.of(), requested);
  }
}
