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
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

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
            block.cidr().toString(),
            block.node().name(),
            block.node().uid(),
            block.pool(),
            IPAllocationSpec.State.Active));
    return allocation;
  }

  /**
   * Whose a block is and in which state, as a patch of everything that the operator keeps there.
   *
   * @return empty where the object has it already
   */
  static Optional<IPAllocation> ownership(
      IPAllocation allocation, Optional<ClusterNode> holder, Optional<Block.State> state) {
    IPAllocationSpec spec = allocation.getSpec();
    Map<String, String> actual =
        Optional.ofNullable(allocation.getMetadata().getAnnotations()).orElse(Map.of());
    Map<String, String> annotations =
        holder.map(AllocationStatuses::machine).orElseGet(() -> machine(actual));
    String uid = holder.map(ClusterNode::uid).orElse(ResourceMapper.owner(allocation).uid());
    IPAllocationSpec.State wanted =
        state.map(AllocationStatuses::state).orElse(spec.stateInForce());
    boolean same =
        actual.entrySet().containsAll(annotations.entrySet())
            && !actual.containsKey(Annotations.INHERITED_BY)
            && uid.equals(spec.nodeUID())
            && wanted == spec.stateInForce();
    if (same) {
      return Optional.empty();
    }
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(new ObjectMetaBuilder().withAnnotations(annotations).build());
    patch.setSpec(new IPAllocationSpec(null, null, uid, null, wanted));
    return Optional.of(patch);
  }

  /**
   * How far an allocation's release is, and the phase where that decides it. A condition Accepted,
   * of a version in which refused claims stayed, goes with the next write.
   *
   * @return empty where the object has it already
   */
  static Optional<IPAllocationStatus> of(
      IPAllocation allocation, AllocationWriter.Decision decision, Instant now) {
    List<Condition> before =
        allocation.getStatus() == null ? null : allocation.getStatus().conditions();
    ConditionList conditions = new ConditionList(before, now);
    conditions.keep(Conditions.RELEASING);
    decision
        .step()
        .ifPresent(
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

  private static IPAllocationSpec.State state(Block.State state) {
    return switch (state) {
      case CLAIMED -> IPAllocationSpec.State.Claimed;
      case ACTIVE -> IPAllocationSpec.State.Active;
      case DRAINING -> IPAllocationSpec.State.Draining;
    };
  }

  private static Map<String, String> machine(Map<String, String> annotations) {
    Map<String, String> machine = new HashMap<>(annotations);
    machine.keySet().retainAll(Set.of(Annotations.SYSTEM_UUID, Annotations.BOOT_ID));
    return machine;
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
