// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.pool.Block;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/** Makes allocations for tests, one property after the other. */
record AllocationMaker(Allocation made) {
  static AllocationMaker of(String cidr, String node, String uid) {
    Cidr block = Cidr.parse(cidr);
    return new AllocationMaker(
        new Allocation(
            block.objectName(),
            block,
            pool(block),
            new Allocation.Owner(node, uid, Machine.UNKNOWN),
            Endpoint.UNKNOWN,
            Block.State.ACTIVE,
            1,
            false,
            Instant.EPOCH));
  }

  /** The pool of a block that no test names another pool for. */
  static String pool(Cidr block) {
    return block.family() == Family.IPV4 ? "four" : "six";
  }

  AllocationMaker on(Machine machine) {
    Allocation.Owner owner = new Allocation.Owner(made.owner().node(), made.owner().uid(), machine);
    return with(made.pool(), owner, made.endpoint(), made.state(), made.generation());
  }

  AllocationMaker at(String... addresses) {
    Endpoint endpoint = new Endpoint(Arrays.stream(addresses).map(IpAddress::parse).toList());
    return with(made.pool(), made.owner(), endpoint, made.state(), made.generation());
  }

  AllocationMaker withVxlan(MacAddress mac) {
    Endpoint endpoint =
        new Endpoint(made.endpoint().addresses(), Optional.empty(), Optional.of(mac));
    return with(made.pool(), made.owner(), endpoint, made.state(), made.generation());
  }

  AllocationMaker with(Endpoint endpoint) {
    return with(made.pool(), made.owner(), endpoint, made.state(), made.generation());
  }

  AllocationMaker in(String pool) {
    return with(pool, made.owner(), made.endpoint(), made.state(), made.generation());
  }

  AllocationMaker in(Block.State state) {
    return with(made.pool(), made.owner(), made.endpoint(), state, made.generation());
  }

  AllocationMaker ofGeneration(long generation) {
    return with(made.pool(), made.owner(), made.endpoint(), made.state(), generation);
  }

  AllocationMaker releasing() {
    return new AllocationMaker(
        new Allocation(
            made.name(),
            made.cidr(),
            made.pool(),
            made.owner(),
            made.endpoint(),
            made.state(),
            made.generation(),
            true,
            made.created()));
  }

  AllocationMaker createdAt(Instant created) {
    return new AllocationMaker(
        new Allocation(
            made.name(),
            made.cidr(),
            made.pool(),
            made.owner(),
            made.endpoint(),
            made.state(),
            made.generation(),
            made.releasing(),
            created));
  }

  private AllocationMaker with(
      String pool, Allocation.Owner owner, Endpoint endpoint, Block.State state, long generation) {
    return new AllocationMaker(
        new Allocation(
            made.name(),
            made.cidr(),
            pool,
            owner,
            endpoint,
            state,
            generation,
            made.releasing(),
            made.created()));
  }
}
