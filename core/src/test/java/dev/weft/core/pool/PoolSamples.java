// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.label.Selector;
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
import java.util.function.Consumer;

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
    return new Pool(
        name,
        START,
        Optional.of(layout),
        "",
        Optional.empty(),
        Selector.ALL,
        Pool.State.ACTIVE,
        false,
        16);
  }

  static Pool invalid(String name, String problem) {
    return new Pool(
        name,
        START,
        Optional.empty(),
        problem,
        Optional.empty(),
        Selector.ALL,
        Pool.State.ACTIVE,
        false,
        16);
  }

  /** A pool that is to differ from another in some fields. */
  private static final class Copy {
    private Instant created;
    private Optional<Cidr> accepted;
    private Selector selector;
    private Pool.State state;
    private boolean deleting;
    private int maxPerNode;
  }

  private static Pool with(Pool pool, Consumer<Copy> change) {
    Copy copy = new Copy();
    copy.created = pool.created();
    copy.accepted = pool.accepted();
    copy.selector = pool.selector();
    copy.state = pool.state();
    copy.deleting = pool.deleting();
    copy.maxPerNode = pool.maxPerNode();
    change.accept(copy);
    return new Pool(
        pool.name(),
        copy.created,
        pool.layout(),
        pool.problem(),
        copy.accepted,
        copy.selector,
        copy.state,
        copy.deleting,
        copy.maxPerNode);
  }

  static Pool created(Pool pool, long seconds) {
    return with(pool, copy -> copy.created = at(seconds));
  }

  /** One whose range in force so far is this; empty: it has none. */
  static Pool accepted(Pool pool, String cidr) {
    Optional<Cidr> range = Optional.of(cidr).filter(one -> !one.isEmpty()).map(Cidr::parse);
    return with(pool, copy -> copy.accepted = range);
  }

  static Pool selecting(Pool pool, String label, String value) {
    return with(pool, copy -> copy.selector = new Selector(Map.of(label, value), List.of()));
  }

  static Pool in(Pool.State state, Pool pool) {
    return with(pool, copy -> copy.state = state);
  }

  static Pool atMost(int maxPerNode, Pool pool) {
    return with(pool, copy -> copy.maxPerNode = maxPerNode);
  }

  static Pool noNewBlocks(Pool pool) {
    return in(Pool.State.NO_NEW_BLOCKS, pool);
  }

  static Pool draining(Pool pool) {
    return in(Pool.State.DRAINING, pool);
  }

  static Pool deleting(Pool pool) {
    return with(pool, copy -> copy.deleting = true);
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
    return new Block(
        Cidr.parse(cidr),
        Owner.of(node),
        pool,
        START,
        Block.State.ACTIVE,
        release,
        at(since),
        BlockReport.NONE);
  }

  static Block in(Block.State state, Block block) {
    return new Block(
        block.cidr(),
        block.owner(),
        block.pool(),
        block.created(),
        state,
        block.release(),
        block.since(),
        block.report());
  }

  static Block claimed(Block block) {
    return in(Block.State.CLAIMED, block);
  }

  static Block draining(Block block) {
    return in(Block.State.DRAINING, block);
  }

  static Block releasing(Block block, long since) {
    return new Block(
        block.cidr(),
        block.owner(),
        block.pool(),
        block.created(),
        block.state(),
        Block.Release.RELEASING,
        at(since),
        block.report());
  }

  static Block reporting(Block block, BlockReport report) {
    return new Block(
        block.cidr(),
        block.owner(),
        block.pool(),
        block.created(),
        block.state(),
        block.release(),
        block.since(),
        report);
  }

  /** One of 250 addresses that its node serves. */
  static Block served(Block block, long used) {
    return reporting(block, new BlockReport(true, 250, used, false, false));
  }

  static Block drained(Block block) {
    return reporting(block, new BlockReport(false, 250, 0, false, true));
  }

  static Block pressed(Block block) {
    return reporting(block, new BlockReport(true, 250, 245, true, false));
  }

  static Block created(Block block, long seconds) {
    return new Block(
        block.cidr(),
        block.owner(),
        block.pool(),
        at(seconds),
        block.state(),
        block.release(),
        block.since(),
        block.report());
  }

  static RememberedBlock remembered(String cidr, ClusterNode node, String pool) {
    return new RememberedBlock(Cidr.parse(cidr), Owner.of(node), pool);
  }

  static ClusterState state(List<Pool> pools, List<ClusterNode> nodes, List<Block> blocks) {
    return new ClusterState(pools, nodes, blocks, List.of(), List.of());
  }

  static ClusterState remembering(
      List<Pool> pools, List<ClusterNode> nodes, RememberedBlock... remembered) {
    return new ClusterState(pools, nodes, List.of(), List.of(remembered), List.of());
  }

  static ClusterState with(ClusterState state, History history) {
    return new ClusterState(
        state.pools(),
        state.nodes(),
        state.blocks(),
        state.remembered(),
        state.serviceCidrs(),
        state.platforms(),
        history,
        state.settling());
  }

  static ClusterState settling(ClusterState state) {
    return new ClusterState(
        state.pools(),
        state.nodes(),
        state.blocks(),
        state.remembered(),
        state.serviceCidrs(),
        state.platforms(),
        state.history(),
        true);
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
