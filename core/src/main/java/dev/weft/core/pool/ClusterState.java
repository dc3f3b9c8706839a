// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.List;

/**
 * Everything that a decision about blocks is made from.
 *
 * @param pools every IPPool
 * @param nodes every Node
 * @param blocks every IPAllocation, those just made and not yet listed too; no CIDR twice
 * @param claims whose blocks were, as far as remembered; those that still exist may be among them
 * @param serviceRanges ranges of Services, which no pool may overlap
 * @param platforms which nodes an agent can run on: the others get no block
 */
public record ClusterState(
    List<Pool> pools,
    List<ClusterNode> nodes,
    List<Block> blocks,
    List<Claim> claims,
    List<Cidr> serviceRanges,
    AgentPlatforms platforms) {
  /** Copies the lists. */
  public ClusterState {
    pools = List.copyOf(pools);
    nodes = List.copyOf(nodes);
    blocks = List.copyOf(blocks);
    claims = List.copyOf(claims);
    serviceRanges = List.copyOf(serviceRanges);
  }

  /** The same with agents that can run on any Linux. */
  ClusterState(
      List<Pool> pools,
      List<ClusterNode> nodes,
      List<Block> blocks,
      List<Claim> claims,
      List<Cidr> serviceRanges) {
    this(pools, nodes, blocks, claims, serviceRanges, AgentPlatforms.LINUX);
  }
}
