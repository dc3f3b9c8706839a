// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * The agent of a simulated node, and its pods. It knows the cluster by a cache that lags. Once it
 * has reported a block drained it gives nothing of it to a pod until it sees the block active in a
 * later generation, which it remembers over restarts. A block whose object is gone, and was not
 * being released, it claims; until the claim is accepted that is no block, and one that was refused
 * is claimed again only for pods.
 */
final class SimulatedAgent {
  private static final int CAPACITY = 4;

  /** How many of its claims in a row are lost at most. */
  private static final int MAX_LOST = 4;

  /** What the agent knows of a block, and how many pods have an address of it. */
  private static final class Own {
    private Block block;
    private long uid;
    private long generation;
    private boolean listed;
    private boolean taken; // another had it since
    private long withheldUid;
    private long withheldIn;
    private int pods;
    private int claims;
    private boolean claimed; // by a claim that is there
    private boolean refused; // as a claim is that goes without having been accepted

    void see(SimulatedApi.Stored stored) {
      block = stored.block();
      uid = stored.uid();
      generation = stored.generation();
      listed = true;
      taken = false;
      claims = 0;
      claimed = false;
      refused = false;
      boolean later = uid > withheldUid || uid == withheldUid && generation > withheldIn;
      if (isActive() && later) {
        withheldIn = 0;
      }
    }

    boolean isActive() {
      return block.state() == Block.State.ACTIVE && !isReleasing();
    }

    boolean isReleasing() {
      return block.release() == Block.Release.RELEASING;
    }

    boolean isAllocatable() {
      return listed && isActive() && withheldIn == 0;
    }

    boolean isClaimed() {
      return !listed && !taken && (pods > 0 || block.state() != Block.State.DRAINING && !refused);
    }
  }

  private final String node;
  private final SimulatedApi api;
  private final Random random;
  private final Map<Cidr, Own> own = new TreeMap<>();
  private final int bornIn; // the first step with its Node
  private int seen;
  private int actedIn;

  SimulatedAgent(String node, SimulatedApi api, Random random) {
    this.node = node;
    this.api = api;
    this.random = random;
    this.bornIn = api.newest() + 1;
    this.seen = api.newest();
  }

  /** The blocks that pods have addresses of. */
  List<Cidr> used() {
    return own.entrySet().stream()
        .filter(one -> one.getValue().pods > 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The blocks that it has or had. */
  Set<Cidr> knows() {
    return own.keySet();
  }

  boolean isUsed(Cidr block) {
    return own.containsKey(block) && own.get(block).pods > 0;
  }

  /** Begins again with what it remembers, and a list that may be older than what it saw. */
  void restart() {
    if (api.newest() > bornIn) {
      seen = Math.max(api.newest() - SimulatedApi.MAX_DELAY, bornIn);
      own.values().forEach(one -> one.listed = false);
      read();
    }
  }

  void stopPods() {
    own.values().forEach(one -> one.pods = 0);
  }

  /** Whether it has not acted for a step. */
  boolean isDue() {
    return api.newest() - actedIn > 1;
  }

  /** Whether it has reported a block drained that it serves no more. */
  boolean hasDrained() {
    return own.values().stream().anyMatch(one -> one.listed && one.withheldIn > 0);
  }

  /** Takes what its watch reports, starts and stops pods, claims and reports. */
  void act(boolean inTime, boolean quiet, long now) {
    actedIn = api.newest();
    int behind = api.newest() - seen;
    int most = inTime || behind > SimulatedApi.MAX_DELAY ? behind : random.nextInt(behind + 1);
    for (int i = 0; i < most; i++) {
      seen++;
      read();
    }
    if (!quiet) {
      changePods();
    }
    claim(now);
    report();
  }

  private void read() {
    SimulatedApi.Snapshot snapshot = api.history.get(seen);
    ClusterNode me = snapshot.nodes().get(node);
    own.entrySet().removeIf(one -> isReleased(one.getKey(), one.getValue(), snapshot));
    own.forEach(
        (cidr, one) -> {
          SimulatedApi.Stored stored = snapshot.blocks().get(cidr);
          one.listed = isMine(stored, me);
          one.refused |= one.claimed && stored == null;
          one.claimed =
              stored != null
                  && stored.block().state() == Block.State.CLAIMED
                  && stored.block().owner().node().equals(node);
          one.taken |=
              stored != null && !one.listed && stored.block().state() != Block.State.CLAIMED;
        });
    for (SimulatedApi.Stored stored : snapshot.blocks().values()) {
      if (isMine(stored, me)) {
        own.computeIfAbsent(stored.block().cidr(), any -> new Own()).see(stored);
      }
    }
  }

  private static boolean isMine(SimulatedApi.Stored stored, ClusterNode me) {
    return stored != null
        && me != null
        && stored.block().state() != Block.State.CLAIMED
        && me.owns(stored.block().owner());
  }

  private static boolean isReleased(Cidr cidr, Own one, SimulatedApi.Snapshot snapshot) {
    return one.listed && one.isReleasing() && !snapshot.blocks().containsKey(cidr);
  }

  private void changePods() {
    for (Own one : own.values()) {
      if (one.isAllocatable() && one.pods < CAPACITY && random.nextInt(3) == 0) {
        one.pods++;
      } else if (one.pods > 0 && random.nextInt(4) == 0) {
        one.pods--;
      }
    }
  }

  private void claim(long now) {
    ClusterNode me = api.nodes.get(node);
    own.forEach(
        (cidr, one) -> {
          if (one.isClaimed() && !one.claimed) {
            Block claim =
                new Block(
                    cidr,
                    Owner.of(me),
                    one.block.pool(),
                    PoolSamples.at(now),
                    Block.State.CLAIMED,
                    Block.Release.NONE,
                    PoolSamples.at(now),
                    BlockReport.NONE);
            one.claims++;
            if (one.claims > MAX_LOST) {
              api.create(claim);
            } else {
              api.send(() -> api.create(claim));
            }
          }
        });
  }

  private void report() {
    boolean pressure =
        own.values().stream().noneMatch(one -> one.isAllocatable() && one.pods < CAPACITY);
    own.forEach(
        (cidr, one) -> {
          if (one.listed && one.block.state() != Block.State.ACTIVE && one.pods == 0) {
            one.withheldUid = one.uid;
            one.withheldIn = one.generation;
          }
          if (one.listed) {
            BlockReport report =
                new BlockReport(one.isAllocatable(), CAPACITY, one.pods, pressure, false);
            long uid = one.uid;
            long drainedIn = one.withheldUid == uid ? one.withheldIn : 0;
            if (!report.equals(one.block.report()) || drainedIn > 0) {
              api.send(() -> api.report(cidr, uid, report, drainedIn));
            }
          }
        });
  }
}
