// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.time.Instant;
import java.util.Arrays;

/** Makes allocations for tests, one property after the other. */
record AllocationMaker(Allocation made) {
  static AllocationMaker of(String cidr, String node, String uid) {
    Cidr block = Cidr.parse(cidr);
    return new AllocationMaker(
        new Allocation(
            block.objectName(),
            block,
            "",
            new Allocation.Owner(node, uid, Machine.UNKNOWN),
            Endpoint.UNKNOWN,
            false,
            Instant.EPOCH));
  }

  AllocationMaker on(Machine machine) {
    Allocation.Owner owner = new Allocation.Owner(made.owner().node(), made.owner().uid(), machine);
    return with(owner, made.endpoint(), made.releasing(), made.created());
  }

  AllocationMaker at(String... addresses) {
    Endpoint endpoint = new Endpoint(Arrays.stream(addresses).map(IpAddress::parse).toList());
    return with(made.owner(), endpoint, made.releasing(), made.created());
  }

  AllocationMaker releasing() {
    return with(made.owner(), made.endpoint(), true, made.created());
  }

  AllocationMaker createdAt(Instant created) {
    return with(made.owner(), made.endpoint(), made.releasing(), created);
  }

  private AllocationMaker with(
      Allocation.Owner owner, Endpoint endpoint, boolean releasing, Instant created) {
    return new AllocationMaker(
        new Allocation(made.name(), made.cidr(), "", owner, endpoint, releasing, created));
  }
}
