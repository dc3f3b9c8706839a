// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.ClusterNode;
import dev.weft.core.pool.NewBlock;
import dev.weft.core.pool.ReleaseStep;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Puts decisions about a block into its IPAllocation. */
final class AllocationStatuses {
  private AllocationStatuses() {}

  /** The object that claims a block. */
  static IPAllocation claim(NewBlock block) {
    IPAllocation allocation = new IPAllocation();
    allocation.setMetadata(
        new ObjectMetaBuilder()
            .withName(block.cidr().objectName())
            .withAnnotations(machine(block.node()))
            .build());
    allocation.setSpec(
        new IPAllocationSpec(
            block.cidr().toString(), block.node().name(), block.node().uid(), block.pool()));
    return allocation;
  }

  /** The annotations that name a block's owner, where they differ from the object's. */
  static Optional<Map<String, String>> annotations(IPAllocation allocation, ClusterNode holder) {
    Map<String, String> wanted = machine(holder);
    if (!holder.uid().equals(allocation.getSpec().nodeUID())) {
      wanted.put(Annotations.INHERITED_BY, holder.uid());
    }
    Map<String, String> actual = allocation.getMetadata().getAnnotations();
    boolean same = actual != null && actual.entrySet().containsAll(wanted.entrySet());
    return same || wanted.isEmpty() ? Optional.empty() : Optional.of(wanted);
  }

  /**
   * How far an allocation's release is, and the phase where that decides it.
   *
   * @return empty where the object has it already
   */
  static Optional<IPAllocationStatus> of(
      IPAllocation allocation, Optional<ReleaseStep> step, Instant now) {
    List<Condition> before =
        allocation.getStatus() == null ? null : allocation.getStatus().conditions();
    ConditionList conditions = new ConditionList(before, now);
    conditions.keep(Conditions.RELEASING);
    step.ifPresent(
        to -> conditions.set(Conditions.RELEASING, status(to.to()), to.reason(), to.message()));
    IPAllocationStatus.Phase phase =
        conditions.list().stream()
                .anyMatch(
                    condition ->
                        condition.getType().equals(Conditions.RELEASING)
                            && condition.getStatus().equals("True"))
            ? IPAllocationStatus.Phase.Releasing
            : withdrawn(allocation);
    boolean same =
        conditions.list().stream()
                .allMatch(condition -> before != null && before.contains(condition))
            && (phase == null || Objects.equals(phase, allocation.getStatus().phase()));
    return same
        ? Optional.empty()
        : Optional.of(new IPAllocationStatus(phase, null, null, conditions.list()));
  }

  /**
   * That nobody knows any more whether a block is programmed, as its agent is lost; empty where its
   * agent has never reported that it is.
   */
  static Optional<Condition> unknown(IPAllocation allocation, NodeCondition lost, Instant now) {
    return ResourceMapper.condition(allocation, Conditions.PROGRAMMED)
        .filter(condition -> !"Unknown".equals(condition.getStatus()))
        .flatMap(
            condition ->
                new ConditionList(allocation.getStatus().conditions(), now)
                        .set(Conditions.PROGRAMMED, "Unknown", lost.getReason(), lost.getMessage())
                        .list()
                        .stream()
                        .findFirst());
  }

  /** Whether it reports its agent as lost: the operator wrote so, and no agent contradicted. */
  static boolean reportsLost(IPAllocation allocation) {
    return ResourceMapper.condition(allocation, Conditions.PROGRAMMED)
        .filter(condition -> "Unknown".equals(condition.getStatus()))
        .filter(condition -> NodeConditions.LOST.contains(condition.getReason()))
        .isPresent();
  }

  /** A release that is withdrawn leaves the phase to the block's agent again. */
  private static IPAllocationStatus.Phase withdrawn(IPAllocation allocation) {
    IPAllocationStatus status = allocation.getStatus();
    return status != null && status.phase() == IPAllocationStatus.Phase.Releasing
        ? IPAllocationStatus.Phase.Pending
        : null;
  }

  private static String status(Block.Release release) {
    return switch (release) {
      case NONE -> "False";
      case GRACE -> "Unknown";
      case RELEASING -> "True";
    };
  }

  private static Map<String, String> machine(ClusterNode node) {
    Map<String, String> annotations = new HashMap<>();
    if (!node.machine().systemUuid().isEmpty()) {
      annotations.put(Annotations.SYSTEM_UUID, node.machine().systemUuid());
    }
    if (!node.machine().bootId().isEmpty()) {
      annotations.put(Annotations.BOOT_ID, node.machine().bootId());
    }
    return annotations;
  }
}
