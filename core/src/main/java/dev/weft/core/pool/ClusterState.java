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
 * @param claims remembered owners of blocks, of those that still exist too
 * @param serviceCidrs ranges of Services, which no pool may overlap
 * @param platforms which nodes an agent can run on: the others get no block
 */
public record ClusterState(
    List<Pool> pools,
    List<ClusterNode> nodes,
    List<Block> blocks,
    List<Claim> claims,
    List<Cidr> serviceCidrs,
    AgentPlatforms platforms) {
  /** Copies every list. */
  public ClusterState {
    pools = List.copyOf(pools);
    nodes = List.copyOf(nodes);
    blocks = List.copyOf(blocks);
    claims = List.copyOf(claims);
    serviceCidrs = List.copyOf(serviceCidrs);
  }

  /** The same with agents that can run on any Linux. */
  ClusterState(
      List<Pool> pools,
      List<ClusterNode> nodes,
      List<Block> blocks,
      List<Claim> claims,
      List<Cidr> serviceCidrs) {
    this(pools, nodes, blocks, claims, serviceCidrs, AgentPlatforms.LINUX);
  }
}
