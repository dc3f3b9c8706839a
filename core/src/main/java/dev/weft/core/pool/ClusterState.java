// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.List;

/**
 * Everything that a decision about blocks is made from.
 *
 * @param pools every IPPool
 * @param nodes every Node
 * @param blocks every IPAllocation, those just created and not yet listed too; no CIDR twice
 * @param remembered blocks and their owners, of those that still exist too
 * @param serviceCidrs ranges of Services, which no pool may overlap
 * @param platforms which nodes an agent can run on: the others get no block
 * @param history what of the past counts
 * @param settling whether nothing new is allocated, since allocations may have been lost whose
 *     agents have not claimed them yet
 */
public record ClusterState(
    List<Pool> pools,
    List<ClusterNode> nodes,
    List<Block> blocks,
    List<RememberedBlock> remembered,
    List<Cidr> serviceCidrs,
    AgentPlatforms platforms,
    History history,
    boolean settling) {
  /** Copies every list. */
  public ClusterState {
    pools = List.copyOf(pools);
    nodes = List.copyOf(nodes);
    blocks = List.copyOf(blocks);
    remembered = List.copyOf(remembered);
    serviceCidrs = List.copyOf(serviceCidrs);
  }

  /** The same with agents that can run on any Linux, and no past. */
  ClusterState(
      List<Pool> pools,
      List<ClusterNode> nodes,
      List<Block> blocks,
      List<RememberedBlock> remembered,
      List<Cidr> serviceCidrs) {
    this(pools, nodes, blocks, remembered, serviceCidrs, AgentPlatforms.LINUX, History.NONE, false);
  }
}
