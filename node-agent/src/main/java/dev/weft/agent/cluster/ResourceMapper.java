// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.label.Selector;
import dev.weft.core.label.Selector.Operator;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Allocation;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Machine;
import dev.weft.core.node.PoolRange;
import dev.weft.core.node.Routing;
import dev.weft.core.node.ThisNode;
import dev.weft.core.pool.Block;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Maps the API server's objects to the parts of them that an agent needs.
 *
 * <p>Throws {@link IllegalArgumentException}, with a message that names the field, for an object
 * that cannot be used: the schema would have refused it.
 */
final class ResourceMapper {
  private static final Set<String> POOL_TROUBLES = Set.of("Invalid", "Overlapping", "Exhausted");
  private static final Set<String> OF_POOLS = Set.of(Conditions.READY, Conditions.ACCEPTED);

  private ResourceMapper() {}

  /** An allocation; of a peer its machine does not matter. */
  static Allocation allocation(IPAllocation object, String thisNode) {
    IPAllocationSpec spec = required(object.getSpec(), "spec");
    Optional<IPAllocationStatus> status = Optional.ofNullable(object.getStatus());
    Map<String, String> annotations = orEmpty(object.getMetadata().getAnnotations());
    boolean own = thisNode.equals(spec.node());
    Machine machine =
        own
            ? new Machine(
                annotations.getOrDefault(Annotations.SYSTEM_UUID, ""),
                annotations.getOrDefault(Annotations.BOOT_ID, ""))
            : Machine.UNKNOWN;
    return new Allocation(
        object.getMetadata().getName(),
        Cidr.parse(required(spec.cidr(), "spec.cidr")),
        Optional.ofNullable(spec.pool()).orElse("").intern(),
        new Allocation.Owner(
            required(spec.node(), "spec.node"),
            annotations.getOrDefault(
                Annotations.INHERITED_BY, Optional.ofNullable(spec.nodeUID()).orElse("")),
            machine),
        status
            .map(IPAllocationStatus::endpoint)
            .map(endpoint -> endpoint(endpoint, Optional.ofNullable(spec.nodeUID()).orElse("")))
            .orElse(Endpoint.UNKNOWN),
        state(spec.stateInForce()),
        Optional.ofNullable(object.getMetadata().getGeneration()).orElse(0L),
        status.map(ResourceMapper::isReleasing).orElse(false),
        Optional.ofNullable(object.getMetadata().getCreationTimestamp())
            .map(Instant::parse)
            .orElse(Instant.EPOCH));
  }

  /** What an agent reports of its node concerns that node alone: it is refused, not the block. */
  private static Endpoint endpoint(IPAllocationStatus.Endpoint endpoint, String nodeUid) {
    return Endpoint.parse(
        Optional.ofNullable(endpoint.addresses()).orElse(List.of()),
        endpoint.onLink(),
        endpoint.vxlan() == null ? null : endpoint.vxlan().mac(),
        nodeUid);
  }

  private static Block.State state(IPAllocationSpec.State state) {
    return switch (state) {
      case Claimed -> Block.State.CLAIMED;
      case Active -> Block.State.ACTIVE;
      case Draining -> Block.State.DRAINING;
    };
  }

  static PoolRange pool(IPPool object) {
    IPPoolSpec spec = required(object.getSpec(), "spec");
    Cidr declared = Cidr.parse(required(spec.cidr(), "spec.cidr"));
    Optional<IPPoolStatus> status = Optional.ofNullable(object.getStatus());
    return new PoolRange(
        object.getMetadata().getName(),
        declared,
        status.flatMap(known -> inForce(known, declared)),
        status.isPresent(),
        Optional.ofNullable(spec.reserved()).orElse(List.of()).stream().map(Cidr::parse).toList(),
        !Boolean.FALSE.equals(spec.masquerade()),
        selector(spec.nodeSelector()),
        spec.stateInForce() == IPPoolSpec.State.Active,
        routing(spec.routing()),
        status.filter(IPPoolStatus::overlapsNothing).isPresent());
  }

  private static Routing routing(IPPoolSpec.Routing routing) {
    if (routing == null) {
      return Routing.AUTO;
    }
    return switch (routing) {
      case Auto -> Routing.AUTO;
      case Direct -> Routing.DIRECT;
      case VXLAN -> Routing.VXLAN;
    };
  }

  /** An operator of version 0.1 writes no range: there the declared one is in force once in use. */
  private static Optional<Cidr> inForce(IPPoolStatus status, Cidr declared) {
    if (status.cidr() != null) {
      return Optional.of(Cidr.parse(status.cidr()));
    }
    boolean inUse =
        status.blocks() != null
            && status.blocks().allocated() != null
            && status.blocks().allocated() > 0;
    return inUse ? Optional.of(declared) : Optional.empty();
  }

  /**
   * Why a pool is not allocatable that should be, or not what was declared: the message of the
   * operator's condition.
   */
  static Optional<String> poolTrouble(IPPool object) {
    List<Condition> conditions =
        object.getStatus() == null ? null : object.getStatus().conditions();
    return Optional.ofNullable(conditions).orElse(List.of()).stream()
        .filter(condition -> OF_POOLS.contains(condition.getType()))
        .filter(condition -> "False".equals(condition.getStatus()))
        .filter(
            condition ->
                Conditions.ACCEPTED.equals(condition.getType())
                    || POOL_TROUBLES.contains(condition.getReason()))
        .map(Condition::getMessage)
        .findFirst();
  }

  static ThisNode node(GenericKubernetesResource object) {
    List<String> internal = new ArrayList<>();
    if (object.get("status", "addresses") instanceof List<?> addresses) {
      for (Object entry : addresses) {
        if (entry instanceof Map<?, ?> address && "InternalIP".equals(address.get("type"))) {
          internal.add(String.valueOf(address.get("address")));
        }
      }
    }
    return new ThisNode(
        object.getMetadata().getName(),
        object.getMetadata().getUid(),
        new Machine(
            text(object.get("status", "nodeInfo", "systemUUID")),
            text(object.get("status", "nodeInfo", "bootID"))),
        addresses(internal),
        orEmpty(object.getMetadata().getLabels()));
  }

  private static Selector selector(LabelSelector selector) {
    if (selector == null) {
      return Selector.ALL;
    }
    List<Selector.Requirement> requirements =
        Optional.ofNullable(selector.getMatchExpressions()).orElse(List.of()).stream()
            .map(ResourceMapper::requirement)
            .toList();
    return new Selector(orEmpty(selector.getMatchLabels()), requirements);
  }

  private static Selector.Requirement requirement(LabelSelectorRequirement of) {
    List<String> values = Optional.ofNullable(of.getValues()).orElse(List.of());
    return Operator.of(of.getOperator())
        .map(operator -> new Selector.Requirement(of.getKey(), operator, values))
        // Selects no node: the operator reports such a pool as Invalid and allocates nothing from
        // it.
        .orElseGet(() -> new Selector.Requirement(of.getKey(), Operator.IN, List.of()));
  }

  private static Map<String, String> orEmpty(Map<String, String> map) {
    return Optional.ofNullable(map).orElse(Map.of());
  }

  /** An allocation as the cache keeps it, where it is this node's. */
  static Optional<IPAllocation> cached(IPAllocation object, String thisNode) {
    if (object.getSpec() == null || !thisNode.equals(object.getSpec().node())) {
      return Optional.empty();
    }
    IPAllocation copy = identity(object, new IPAllocation());
    copy.setSpec(object.getSpec());
    copy.setStatus(object.getStatus());
    return Optional.of(copy);
  }

  /** Only name, UID and version. */
  static <T extends HasMetadata> T identity(HasMetadata object, T copy) {
    copy.setMetadata(
        new ObjectMetaBuilder()
            .withName(object.getMetadata().getName())
            .withUid(object.getMetadata().getUid())
            .withResourceVersion(object.getMetadata().getResourceVersion())
            .build());
    return copy;
  }

  private static boolean isReleasing(IPAllocationStatus status) {
    return status.phase() == IPAllocationStatus.Phase.Releasing
        || Optional.ofNullable(status.conditions()).orElse(List.of()).stream()
            .anyMatch(ResourceMapper::isReleasingCondition);
  }

  private static boolean isReleasingCondition(Condition condition) {
    return Conditions.RELEASING.equals(condition.getType()) && "True".equals(condition.getStatus());
  }

  private static List<IpAddress> addresses(List<String> texts) {
    return texts.stream().map(IpAddress::parse).toList();
  }

  private static String text(Object value) {
    return value instanceof String text ? text : "";
  }

  private static <T> T required(T value, String what) {
    if (value == null) {
      throw new IllegalArgumentException(what + " is missing");
    }
    return value;
  }
}
