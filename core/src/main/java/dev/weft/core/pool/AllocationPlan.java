// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What should be done about blocks, and their state. Its collections cannot be changed.
 *
 * @param create blocks to allocate, in this order
 * @param states the new state of each block whose state changes
 * @param refused claims that do not become their nodes', and whose IPAllocations go, each with the
 *     reason as a sentence
 * @param returned blocks that their nodes gave back
 * @param surplus blocks that are an empty surplus now
 * @param steps changes of how far releases are
 * @param delete released blocks whose IPAllocation can go
 * @param overlapping blocks that do not count, each with the older block it overlaps
 * @param owners the node of each block whose node is there
 * @param forget remembered blocks that are void
 * @param lost remembered blocks whose node is gone: kept from others as long as they are remembered
 * @param missing remembered blocks whose node is there, and whose IPAllocation is not
 * @param waiting nodes that should have a block and get none
 * @param pools the report on each pool, by its name, oldest pool first
 * @param wakeAt when time alone changes the answer; empty: never
 */
public record AllocationPlan(
    List<NewBlock> create,
    Map<Cidr, Block.State> states,
    Map<Cidr, String> refused,
    Set<Cidr> returned,
    Set<Cidr> surplus,
    List<ReleaseStep> steps,
    List<Cidr> delete,
    Map<Cidr, Block> overlapping,
    Map<Cidr, ClusterNode> owners,
    Set<Cidr> forget,
    Set<Cidr> lost,
    Set<Cidr> missing,
    List<Waiting> waiting,
    Map<String, PoolReport> pools,
    Optional<Instant> wakeAt) {}
