// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Pools, nodes and blocks in few words. */
final class PoolSamples {
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  static final ReleaseTimes TIMES =
      new ReleaseTimes(Duration.ofMinutes(10), Duration.ofSeconds(30));

  private static final List<IpAddress> ADDRESSES =
      List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd00:1::11"));

  private PoolSamples() {}

  static Instant at(long seconds) {
    return START.plusSeconds(seconds);
  }

  static Pool pool(String name, String cidr, Integer blockLength, String... reserved) {
    BlockLayout layout = BlockLayout.parse(cidr, blockLength, List.of(reserved));
    return new Pool(name, START, Optional.of(layout), "", NodeSelector.ALL, false, false);
  }

  static Pool created(Pool pool, long seconds) {
    return new Pool(
        pool.name(),
        at(seconds),
        pool.layout(),
        pool.problem(),
        pool.selector(),
        pool.disabled(),
        pool.deleting());
  }

  static Pool selecting(Pool pool, String label, String value) {
    return new Pool(
        pool.name(),
        pool.created(),
        pool.layout(),
        pool.problem(),
        new NodeSelector(Map.of(label, value), List.of()),
        pool.disabled(),
        pool.deleting());
  }

  static Pool disabled(Pool pool) {
    return new Pool(
        pool.name(), pool.created(), pool.layout(), "", pool.selector(), true, pool.deleting());
  }

  static Pool deleting(Pool pool) {
    return new Pool(
        pool.name(), pool.created(), pool.layout(), "", pool.selector(), pool.disabled(), true);
  }

  static ClusterNode node(String name, long seconds) {
    return node(name, name + "-uid", seconds, new Machine(name + "-system", "boot-1"));
  }

  static ClusterNode node(String name, String uid, long seconds, Machine machine) {
    return new ClusterNode(name, uid, at(seconds), Map.of(), ADDRESSES, machine);
  }

  static ClusterNode labelled(ClusterNode node, String label, String value) {
    return new ClusterNode(
        node.name(),
        node.uid(),
        node.created(),
        Map.of(label, value),
        node.addresses(),
        node.machine());
  }

  static ClusterNode addressed(ClusterNode node, String address) {
    return new ClusterNode(
        node.name(),
        node.uid(),
        node.created(),
        node.labels(),
        List.of(IpAddress.parse(address)),
        node.machine());
  }

  static Block block(String cidr, ClusterNode node, String pool) {
    return block(cidr, node, pool, Block.Release.NONE, 0);
  }

  static Block block(
      String cidr, ClusterNode node, String pool, Block.Release release, long since) {
    return new Block(Cidr.parse(cidr), Owner.of(node), pool, START, release, at(since), false);
  }

  static Block pressed(Block block) {
    return new Block(
        block.cidr(),
        block.owner(),
        block.pool(),
        block.created(),
        block.release(),
        block.since(),
        true);
  }

  static Block created(Block block, long seconds) {
    return new Block(
        block.cidr(),
        block.owner(),
        block.pool(),
        at(seconds),
        block.release(),
        block.since(),
        block.pressure());
  }

  static Claim claim(String cidr, ClusterNode node, String pool) {
    return new Claim(Cidr.parse(cidr), Owner.of(node), pool);
  }

  static ClusterState state(List<Pool> pools, List<ClusterNode> nodes, List<Block> blocks) {
    return new ClusterState(pools, nodes, blocks, List.of(), List.of());
  }

  /** What a plan allocates: block to node. */
  static Map<String, String> allocated(AllocationPlan plan) {
    Map<String, String> allocated = new TreeMap<>();
    plan.create().forEach(block -> allocated.put(block.cidr().toString(), block.node().name()));
    return allocated;
  }

  static List<ClusterNode> nodes(int count) {
    List<ClusterNode> nodes = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      nodes.add(node("node%05d".formatted(i), i));
    }
    return nodes;
  }
}
