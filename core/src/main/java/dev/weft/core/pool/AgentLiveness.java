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
import java.util.stream.Stream;

/**
 * Decides which nodes have lost their agent: its pod was missing or not Ready for a grace without a
 * break, while the Node was Ready. A lost agent is probed by what is written to its blocks' status,
 * which one that lives contradicts; it is silent once that stood for a while. Where no agent was
 * ever seen to be a pod, none is lost. Without an observation for a minute, or before, nothing is
 * known of the past: every grace begins again.
 *
 * <p>Two entries for each node whose agent is not Ready now. Not safe for use by many threads.
 */
public final class AgentLiveness {
  /** The state of a node's agent. */
  public enum Verdict {
    /** It is there, or not away for long enough. */
    ALIVE,
    /** It was reported lost, and neither was Ready nor answered since: the report stays. */
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
   * @param reportedLost whether the Node reports already that its agent is lost
   * @param uncontradicted whether all its served blocks report that their agent is lost
   */
  public record Observed(
      String name, boolean ready, boolean reportedLost, boolean uncontradicted) {}

  /**
   * For how long a lost agent may leave uncontradicted what its blocks report. One that lives
   * answers at once, and at its next pass where it had just written itself: a minute later at most.
   */
  public static final Duration ANSWER_TIME = Duration.ofMinutes(2);

  private static final long LONGEST_GAP_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long LONGEST_PAUSE_NANOS = LONGEST_GAP_NANOS / 2;

  private final long graceNanos;
  private final long answerNanos;
  private final Map<String, Long> awaySince = new HashMap<>();
  private final Map<String, Long> uncontradictedSince = new HashMap<>(); // of lost agents
  private boolean seen;
  private boolean started;
  private long lastObservation;

  /**
   * One without any observation.
   *
   * @param grace how long an agent may be away
   * @param answerTime how long one that is lost may be silent: {@link #ANSWER_TIME}, or less in a
   *     test
   */
  public AgentLiveness(Duration grace, Duration answerTime) {
    this.graceNanos = grace.toNanos();
    this.answerNanos = answerTime.toNanos();
  }

  /**
   * Observes every node. What happened since an observation of more than a minute ago is not known,
   * so all times begin again then.
   *
   * @param pods the nodes that an agent's pod is on, and whether one of them is Ready
   * @param now a monotonic clock's, in nanoseconds
   * @return the verdict on each node, by its name
   */
  public Map<String, Verdict> observe(
      Collection<Observed> nodes, Map<String, Boolean> pods, long now) {
    seen |= !pods.isEmpty();
    Set<String> names = nodes.stream().map(Observed::name).collect(Collectors.toSet());
    if (started && now - lastObservation > LONGEST_GAP_NANOS) {
      awaySince.clear();
    }
    started = true;
    lastObservation = now;
    awaySince.keySet().retainAll(new HashSet<>(names));
    uncontradictedSince.keySet().retainAll(awaySince.keySet());
    return nodes.stream()
        .collect(
            Collectors.toMap(Observed::name, node -> observe(node, pods.get(node.name()), now)));
  }

  private Verdict observe(Observed node, Boolean pod, long now) {
    if (!seen || !node.ready() || Boolean.TRUE.equals(pod)) {
      awaySince.remove(node.name());
    } else if (now - awaySince.computeIfAbsent(node.name(), name -> now) >= graceNanos) {
      if (node.uncontradicted()) {
        uncontradictedSince.putIfAbsent(node.name(), now);
      } else {
        uncontradictedSince.remove(node.name());
      }
      return pod == null ? Verdict.MISSING : Verdict.NOT_READY;
    }
    uncontradictedSince.remove(node.name());
    boolean answered = Boolean.TRUE.equals(pod) || !node.uncontradicted();
    return node.reportedLost() && !answered ? Verdict.STILL_LOST : Verdict.ALIVE;
  }

  /**
   * Whether a node's agent, lost at the last observation, has been silent for the answer time: only
   * then is it dead, or cut off from the API server.
   *
   * @param now of the last observation
   */
  public boolean isSilent(String node, long now) {
    Long since = uncontradictedSince.get(node);
    return since != null && now - since >= answerNanos;
  }

  /**
   * When to observe again though nothing happens, counted from now: before time alone changes a
   * verdict, and so often that no observation comes too late; empty: no agent is away.
   */
  public Optional<Duration> next(long now) {
    return Stream.concat(
            awaySince.values().stream().map(since -> graceNanos - (now - since)),
            uncontradictedSince.values().stream().map(since -> answerNanos - (now - since)))
        .map(left -> left > 0 ? Math.min(left, LONGEST_PAUSE_NANOS) : LONGEST_PAUSE_NANOS)
        .min(Long::compare)
        .map(Duration::ofNanos);
  }
}
