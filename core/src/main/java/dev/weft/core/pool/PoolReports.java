// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Sums up what a pass decided, for each pool. */
final class PoolReports {
  private final Map<String, TreeSet<String>> owners = new HashMap<>();
  private final Map<String, Long> allocated = new HashMap<>();
  private final Map<String, TreeSet<String>> waiting = new HashMap<>();
  private final Map<String, TreeSet<String>> unaddressed = new HashMap<>();
  private final Map<String, TreeSet<String>> stuck = new HashMap<>();
  private final Map<String, TreeSet<String>> unserved = new HashMap<>();

  private PoolReports() {}

  /**
   * The report on each pool, by its name, oldest pool first.
   *
   * @param create blocks to be created
   */
  static Map<String, PoolReport> of(
      ClusterState state,
      Drains drains,
      Collection<NewBlock> create,
      Collection<BlockAnswer> answers,
      Map<Pool, PoolVerdict> verdicts,
      PoolSpace space,
      NodeAddresses nodeAddresses) {
    PoolReports sums = new PoolReports();
    state.blocks().stream()
        .filter(block -> block.state() != Block.State.CLAIMED)
        .forEach(block -> sums.addBlock(block.pool(), block.owner().node()));
    state.blocks().stream()
        .filter(block -> drains.unserved().contains(block.cidr()))
        .forEach(block -> add(sums.unserved, block.pool(), block.owner().node()));
    create.forEach(block -> sums.addBlock(block.pool(), block.node().name()));
    answers.forEach(sums::addAnswer);
    Map<String, PoolReport> reports = new LinkedHashMap<>();
    verdicts.forEach(
        (pool, verdict) ->
            reports.put(
                pool.name(),
                new PoolReport(
                    verdict,
                    space.total(pool),
                    sums.allocated.getOrDefault(pool.name(), 0L),
                    space.free(pool),
                    names(sums.owners, pool),
                    names(sums.waiting, pool),
                    names(sums.unaddressed, pool),
                    names(sums.stuck, pool),
                    names(sums.unserved, pool),
                    state.settling(),
                    verdict.layout().map(layout -> nodeAddresses.in(layout.cidr())).orElse(""))));
    return reports;
  }

  private void addBlock(String pool, String node) {
    add(owners, pool, node);
    allocated.merge(pool, 1L, Long::sum);
  }

  private void addAnswer(BlockAnswer answer) {
    BlockRequest request = answer.request();
    String node = request.node().name();
    if (!request.isReachable()) {
      request.pools().forEach(pool -> add(unaddressed, pool.name(), node));
    }
    if (request.need() != BlockRequest.Need.REPLACEMENT) {
      answer.refusals().forEach(refusal -> add(waiting, refusal.pool().name(), node));
    } else if (answer.block().isEmpty()) {
      request.leaving().forEach(pool -> add(stuck, pool, node));
    }
  }

  private static void add(Map<String, TreeSet<String>> names, String pool, String node) {
    names.computeIfAbsent(pool, key -> new TreeSet<>()).add(node);
  }

  private static List<String> names(Map<String, TreeSet<String>> names, Pool pool) {
    return List.copyOf(names.getOrDefault(pool.name(), new TreeSet<>()));
  }
}
