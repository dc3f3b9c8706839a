// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.pool.AgentLiveness;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The Node condition NetworkUnavailable: False once a block of the node is served, True while its
 * agent is lost and silent. With True no new pods are scheduled there; running ones stay.
 */
final class NodeConditions {
  private static final String TYPE = "NetworkUnavailable";
  private static final String REASON = "WeftBlockReady";
  private static final String NO_BLOCK = "WeftNoBlock";

  /** Why a Node, or blocks, report that the agent is lost. */
  static final Set<String> LOST = Set.of("WeftAgentMissing", "WeftAgentNotReady");

  private NodeConditions() {}

  /** Whether the node reports already that its network is available. */
  static boolean reportsReady(Node node) {
    return conditions(node)
        .anyMatch(
            condition ->
                TYPE.equals(condition.getType())
                    && "False".equals(condition.getStatus())
                    && REASON.equals(condition.getReason()));
  }

  /** Whether the node reports anything of ours: it was served a block at some time. */
  static boolean reportsAny(Node node) {
    return conditions(node)
        .anyMatch(
            condition ->
                TYPE.equals(condition.getType())
                    && (REASON.equals(condition.getReason())
                        || NO_BLOCK.equals(condition.getReason())
                        || LOST.contains(condition.getReason())));
  }

  /** Whether the node reports already that its agent is lost. */
  static boolean reportsLost(Node node) {
    return conditions(node)
        .anyMatch(
            condition ->
                TYPE.equals(condition.getType())
                    && "True".equals(condition.getStatus())
                    && LOST.contains(condition.getReason()));
  }

  /** Whether the node reports this already, whenever it did. */
  static boolean reports(Node node, NodeCondition condition) {
    return conditions(node)
        .anyMatch(
            one ->
                TYPE.equals(one.getType())
                    && condition.getStatus().equals(one.getStatus())
                    && condition.getReason().equals(one.getReason())
                    && condition.getMessage().equals(one.getMessage()));
  }

  /** Whether its kubelet reports it Ready. */
  static boolean isNodeReady(Node node) {
    return conditions(node)
        .anyMatch(
            condition ->
                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
  }

  private static Stream<NodeCondition> conditions(Node node) {
    return node.getStatus() == null || node.getStatus().getConditions() == null
        ? Stream.empty()
        : node.getStatus().getConditions().stream();
  }

  /** That the network is available. */
  static NodeCondition ready(Instant now) {
    return condition("False", REASON, "Weft serves a block of addresses on this node", now);
  }

  /** Withdraws that the agent of a node is lost which Weft has no served block on any more. */
  static NodeCondition withoutBlock(Instant now) {
    return condition("False", NO_BLOCK, "Weft serves no block on this node any more", now);
  }

  /** That a node's agent is lost. */
  static NodeCondition lost(AgentLiveness.Verdict verdict, String node, Instant now) {
    boolean missing = verdict == AgentLiveness.Verdict.MISSING;
    String message =
        "the pod of Weft's agent on this node is %s: running pods keep their network, new ones get"
            + " none; see kubectl get pods -A -l app.kubernetes.io/name=weft,"
            + "app.kubernetes.io/component=agent --field-selector spec.nodeName=%s";
    return condition(
        "True",
        missing ? "WeftAgentMissing" : "WeftAgentNotReady",
        message.formatted(missing ? "missing" : "not Ready", node),
        now);
  }

  private static NodeCondition condition(
      String status, String reason, String message, Instant now) {
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    return new NodeConditionBuilder()
        .withType(TYPE)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withLastHeartbeatTime(time)
        .withLastTransitionTime(time)
        .build();
  }
}
