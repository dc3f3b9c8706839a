// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The Node condition NetworkUnavailable: False once a block of the node is served. */
final class NodeConditions {
  private static final String TYPE = "NetworkUnavailable";
  private static final String REASON = "WeftBlockReady";

  private NodeConditions() {}

  /** Whether the node says already that its network is there. */
  static boolean saysReady(Node node) {
    List<NodeCondition> conditions =
        node.getStatus() == null ? List.of() : node.getStatus().getConditions();
    return conditions.stream()
        .anyMatch(
            condition ->
                TYPE.equals(condition.getType())
                    && "False".equals(condition.getStatus())
                    && REASON.equals(condition.getReason()));
  }

  /** The condition that says so. */
  static NodeCondition ready(Instant now) {
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    return new NodeConditionBuilder()
        .withType(TYPE)
        .withStatus("False")
        .withReason(REASON)
        .withMessage("Weft serves a block of addresses on this node")
        .withLastHeartbeatTime(time)
        .withLastTransitionTime(time)
        .build();
  }
}
