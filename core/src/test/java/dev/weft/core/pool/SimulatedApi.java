// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The API server of a simulated cluster. It refuses a second block of a name and a write on another
 * version than its writer saw. What it held after each step stays known, for caches that lag.
 */
final class SimulatedApi {
  /** How many steps a write is under way at most, and how many a cache lags. */
  static final int MAX_DELAY = 3;

  /**
   * An IPAllocation.
   *
   * @param uid another for each object of a name
   * @param version another with each write
   * @param generation one more with each write of the spec
   * @param drainedIn the generation that its agent reported drained; 0: none
   * @param bornIn the step in which it was created
   */
  record Stored(Block block, long uid, long version, long generation, long drainedIn, int bornIn) {
    /** As the operator reads it: what an agent reported of another generation is void. */
    Block read() {
      BlockReport report = block.report();
      return PoolSamples.reporting(
          block,
          new BlockReport(
              report.served(),
              report.capacity(),
              report.used(),
              report.pressure(),
              drainedIn == generation));
    }
  }

  /** Everything at one moment. */
  record Snapshot(
      Map<String, Pool> pools, Map<String, ClusterNode> nodes, Map<Cidr, Stored> blocks) {}

  private record Late(int due, Runnable write) {}

  final Map<String, Pool> pools = new TreeMap<>();
  final Map<String, ClusterNode> nodes = new TreeMap<>();
  final Map<Cidr, Stored> blocks = new TreeMap<>();
  final List<Snapshot> history = new ArrayList<>();
  private final List<Late> late = new ArrayList<>();
  private final Random random;
  private long serial;
  private boolean reliable;

  SimulatedApi(Random random) {
    this.random = random;
  }

  /** From now on every write arrives at once. */
  void becomeReliable() {
    reliable = true;
    late.forEach(one -> one.write().run());
    late.clear();
  }

  int newest() {
    return history.size() - 1;
  }

  /** Keeps what it holds, and makes the late writes that are due in the next step. */
  void endStep() {
    history.add(new Snapshot(new TreeMap<>(pools), new TreeMap<>(nodes), new TreeMap<>(blocks)));
    List<Late> due = late.stream().filter(one -> one.due() <= history.size()).toList();
    late.removeAll(due);
    due.forEach(one -> one.write().run());
  }

  /** A write that arrives now, or late, or never. */
  void send(Runnable write) {
    int fate = reliable ? 9 : random.nextInt(10);
    if (fate >= 3) {
      write.run();
    } else if (fate >= 1) {
      late.add(new Late(history.size() + 1 + random.nextInt(MAX_DELAY), write));
    }
  }

  /** Creates a block, unless there is one of its name. */
  void create(Block block) {
    blocks.putIfAbsent(block.cidr(), new Stored(block, ++serial, ++serial, 1, 0, history.size()));
  }

  /** Changes a block's status, if it is still as the writer saw it. */
  void writeStatus(Stored seen, UnaryOperator<Block> change) {
    if (isUnchanged(seen)) {
      blocks.put(
          seen.block().cidr(),
          new Stored(
              change.apply(seen.block()),
              seen.uid(),
              ++serial,
              seen.generation(),
              seen.drainedIn(),
              seen.bornIn()));
    }
  }

  /** Changes a block's spec, if it is still as the writer saw it. */
  void writeSpec(Stored seen, UnaryOperator<Block> change) {
    if (isUnchanged(seen)) {
      blocks.put(
          seen.block().cidr(),
          new Stored(
              change.apply(seen.block()),
              seen.uid(),
              ++serial,
              seen.generation() + 1,
              seen.drainedIn(),
              seen.bornIn()));
    }
  }

  /** Takes an agent's report on the object that it saw, whatever its version is now. */
  void report(Cidr cidr, long uid, BlockReport report, long drainedIn) {
    blocks.computeIfPresent(
        cidr,
        (key, now) ->
            now.uid() != uid
                ? now
                : new Stored(
                    PoolSamples.reporting(now.block(), report),
                    uid,
                    ++serial,
                    now.generation(),
                    drainedIn,
                    now.bornIn()));
  }

  /** Whether a block is still as a writer saw it. */
  boolean isUnchanged(Stored seen) {
    Stored now = blocks.get(seen.block().cidr());
    return now != null && now.version() == seen.version();
  }
}
