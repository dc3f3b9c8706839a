// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tells which nodes have lost their agent: its pod was missing or not Ready for a grace without a
 * break, while the Node was Ready. Where no agent was ever seen to be a pod, none is lost. A fresh
 * one knows of no past: after a restart every grace begins anew.
 *
 * <p>One entry for each node whose agent is not Ready now. Not safe for use by many threads.
 */
public final class AgentLiveness {
  /** What there is to say of a node's agent. */
  public enum Verdict {
    /** It is there, or not away for long enough. */
    ALIVE,
    /** It was said to be lost, and has not been seen Ready since: that stays said. */
    STILL_LOST,
    /** Its pod is not Ready. */
    NOT_READY,
    /** It has no pod. */
    MISSING;

    /** Whether it has just been found, or found again, that the agent is lost. */
    public boolean isLost() {
      return this == NOT_READY || this == MISSING;
    }
  }

  /**
   * A node as it is now.
   *
   * @param name of the Node
   * @param ready whether the Node is Ready
   * @param saidLost whether the Node says already that its agent is lost
   */
  public record Watched(String name, boolean ready, boolean saidLost) {}

  private final long graceNanos;
  private final Map<String, Long> awaySince = new HashMap<>();
  private boolean seen;

  /**
   * One that has seen nothing yet.
   *
   * @param grace how long an agent may be away
   */
  public AgentLiveness(Duration grace) {
    this.graceNanos = grace.toNanos();
  }

  /**
   * Looks at every node.
   *
   * @param pods the nodes that an agent's pod is on, and whether one of them is Ready
   * @param now a monotonic clock's, in nanoseconds
   * @return the verdict on each node, by its name
   */
  public Map<String, Verdict> look(Collection<Watched> nodes, Map<String, Boolean> pods, long now) {
    seen |= !pods.isEmpty();
    Set<String> names = nodes.stream().map(Watched::name).collect(Collectors.toSet());
    awaySince.keySet().retainAll(new HashSet<>(names));
    return nodes.stream()
        .collect(Collectors.toMap(Watched::name, node -> look(node, pods.get(node.name()), now)));
  }

  private Verdict look(Watched node, Boolean pod, long now) {
    if (Boolean.TRUE.equals(pod)) {
      awaySince.remove(node.name());
      return Verdict.ALIVE;
    }
    if (!seen || !node.ready()) {
      awaySince.remove(node.name());
    } else if (now - awaySince.computeIfAbsent(node.name(), name -> now) >= graceNanos) {
      return pod == null ? Verdict.MISSING : Verdict.NOT_READY;
    }
    return node.saidLost() ? Verdict.STILL_LOST : Verdict.ALIVE;
  }

  /** When time alone changes a verdict, counted from now; empty: never. */
  public Optional<Duration> next(long now) {
    return awaySince.values().stream()
        .map(since -> graceNanos - (now - since))
        .filter(left -> left > 0)
        .min(Long::compare)
        .map(Duration::ofNanos);
  }
}
