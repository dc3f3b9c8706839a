// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.ClusterNode;
import dev.weft.core.pool.ClusterState;
import dev.weft.core.pool.History;
import dev.weft.core.pool.Pool;
import dev.weft.core.pool.RememberedBlock;
import io.fabric8.kubernetes.api.model.Node;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All objects at one moment, and what they mean. */
final class ClusterSnapshot {
  private final Map<String, IPPool> pools;
  private final Map<String, IPAllocation> allocationsByName;
  private final Map<String, Node> nodes;
  private final Map<String, ClusterNode> mappedNodes = new HashMap<>();
  private final Map<String, Pool> mappedPools = new HashMap<>();
  private final Map<Cidr, IPAllocation> allocations = new HashMap<>();
  private final Map<String, Cidr> cidrs = new HashMap<>();
  private final Map<String, List<Block>> blocksByPool = new HashMap<>();
  private final List<Block> blocks = new ArrayList<>();
  private final List<Warning> warnings = new ArrayList<>();

  /**
   * Reads the objects, each kind by name. What cannot be read of one is left out, and no other
   * object is the worse for it.
   */
  ClusterSnapshot(
      Map<String, IPPool> pools, Map<String, IPAllocation> allocations, Map<String, Node> nodes) {
    this.pools = pools;
    this.allocationsByName = allocations;
    this.nodes = nodes;
    pools.forEach((name, pool) -> mappedPools.put(name, ResourceMapper.pool(pool)));
    nodes.forEach(
        (name, node) -> {
          mappedNodes.put(name, ResourceMapper.node(node));
          ResourceMapper.badAddresses(node)
              .ifPresent(problem -> warnings.add(new Warning(node, "BadAddress", problem)));
        });
    allocations.values().forEach(this::add);
  }

  private void add(IPAllocation allocation) {
    try {
      Block block = ResourceMapper.block(allocation);
      blocks.add(block);
      allocations.put(block.cidr(), allocation);
      cidrs.put(allocation.getMetadata().getName(), block.cidr());
      blocksByPool.computeIfAbsent(block.pool(), pool -> new ArrayList<>()).add(block);
    } catch (IllegalArgumentException e) {
      warnings.add(new Warning(allocation, "Invalid", e.getMessage()));
    }
  }

  /** What is wrong with which objects. */
  List<Warning> warnings() {
    return warnings;
  }

  /** What decisions are made from. */
  ClusterState state(
      List<RememberedBlock> remembered,
      List<Cidr> serviceCidrs,
      AgentPlatforms platforms,
      History history,
      boolean settling) {
    return new ClusterState(
        List.copyOf(mappedPools.values()),
        List.copyOf(mappedNodes.values()),
        blocks,
        remembered,
        serviceCidrs,
        platforms,
        history,
        settling);
  }

  /** Whether any node reports that Weft serves, or served, a block there, or an agent does. */
  boolean wasServed() {
    return nodes.values().stream().anyMatch(NodeConditions::reportsAny)
        || allocations.keySet().stream().anyMatch(this::isServed);
  }

  Collection<IPPool> pools() {
    return pools.values();
  }

  /** The allocations, also those that cannot be read. */
  Collection<IPAllocation> everyAllocation() {
    return allocationsByName.values();
  }

  /** The block of an allocation; empty where there is none or it cannot be read. */
  Optional<Cidr> cidrOf(String allocation) {
    return Optional.ofNullable(cidrs.get(allocation));
  }

  Pool mapped(IPPool pool) {
    return mappedPools.get(pool.getMetadata().getName());
  }

  Map<String, Node> nodes() {
    return nodes;
  }

  /** A node as decisions see it; empty where there is none of that name. */
  Optional<ClusterNode> mapped(String node) {
    return Optional.ofNullable(mappedNodes.get(node));
  }

  Map<Cidr, IPAllocation> allocations() {
    return allocations;
  }

  List<Block> blocks() {
    return blocks;
  }

  /** The blocks of a pool. */
  List<Block> blocksOf(String pool) {
    return blocksByPool.getOrDefault(pool, List.of());
  }

  /** Whether a block's agent reports that it serves it. */
  boolean isServed(Cidr cidr) {
    IPAllocationStatus status = allocations.get(cidr).getStatus();
    return status != null && status.phase() == IPAllocationStatus.Phase.Ready;
  }
}
