// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Addresses;
import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Machine;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.BlockLayout;
import dev.weft.core.pool.BlockReport;
import dev.weft.core.pool.ClusterNode;
import dev.weft.core.pool.Owner;
import dev.weft.core.pool.Pool;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Maps Kubernetes objects to the records that decisions are made from. */
final class ResourceMapper {
  /** Of a node's InternalIPs; a kubelet that lists thousands must not take a pool's blocks. */
  private static final int MAX_ADDRESSES = 16;

  private ResourceMapper() {}

  static Pool pool(IPPool pool) {
    Optional<BlockLayout> layout = Optional.empty();
    Selector selector = Selector.ALL;
    String problem = "";
    IPPoolSpec spec = pool.getSpec();
    try {
      if (spec == null || spec.cidr() == null) {
        throw new IllegalArgumentException("spec.cidr is missing");
      }
      if (hasNull(spec.reserved())) {
        throw new IllegalArgumentException("spec.reserved has an empty entry; remove it");
      }
      selector = selector(spec.nodeSelector());
      layout =
          Optional.of(
              BlockLayout.parse(spec.cidr(), spec.nodePrefixLength(), orEmpty(spec.reserved())));
    } catch (IllegalArgumentException e) {
      problem = e.getMessage();
    }
    return new Pool(
        pool.getMetadata().getName(),
        created(pool),
        layout,
        problem,
        accepted(pool),
        selector,
        spec == null ? Pool.State.ACTIVE : state(spec.stateInForce()),
        pool.isMarkedForDeletion(),
        spec == null ? IPPoolSpec.MAX_BLOCKS_PER_NODE : spec.maxBlocksInForce());
  }

  private static Optional<Cidr> accepted(IPPool pool) {
    String text = pool.getStatus() == null ? null : pool.getStatus().cidr();
    try {
      return Optional.ofNullable(text).map(Cidr::parse);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Pool.State state(IPPoolSpec.State state) {
    return switch (state) {
      case Active -> Pool.State.ACTIVE;
      case NoNewBlocks -> Pool.State.NO_NEW_BLOCKS;
      case Draining -> Pool.State.DRAINING;
    };
  }

  /** Of a node's addresses those that are none are left out, and those above the bound. */
  static ClusterNode node(Node node) {
    List<IpAddress> addresses = new ArrayList<>();
    internalAddresses(node)
        .limit(MAX_ADDRESSES)
        .forEach(text -> address(text).ifPresent(addresses::add));
    NodeSystemInfo info = node.getStatus() == null ? null : node.getStatus().getNodeInfo();
    Map<String, String> labels = node.getMetadata().getLabels();
    return new ClusterNode(
        node.getMetadata().getName(),
        node.getMetadata().getUid(),
        created(node),
        labels == null ? Map.of() : labels,
        addresses,
        info == null
            ? Machine.UNKNOWN
            : new Machine(orEmpty(info.getSystemUUID()), orEmpty(info.getBootID())));
  }

  /** What is wrong with a node's addresses; empty: nothing. */
  static Optional<String> badAddresses(Node node) {
    Optional<String> bad =
        internalAddresses(node)
            .limit(MAX_ADDRESSES)
            .filter(text -> address(text).isEmpty())
            .findFirst()
            .map(
                text ->
                    "status.addresses: InternalIP \"%s\" is no IP address and is ignored; the"
                            .formatted(text)
                        + " node's kubelet or cloud provider writes it");
    return bad.or(
        () ->
            internalAddresses(node).skip(MAX_ADDRESSES).findFirst().isEmpty()
                ? Optional.empty()
                : Optional.of(
                    "status.addresses: only the first %d InternalIPs are used"
                        .formatted(MAX_ADDRESSES)));
  }

  private static Stream<String> internalAddresses(Node node) {
    List<NodeAddress> all = node.getStatus() == null ? null : node.getStatus().getAddresses();
    return orEmpty(all).stream()
        .filter(address -> "InternalIP".equals(address.getType()))
        .map(address -> orEmpty(address.getAddress()));
  }

  private static Optional<IpAddress> address(String text) {
    try {
      return Optional.of(IpAddress.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether an update of a node is one that decisions depend on; heartbeats are not. */
  static boolean differ(Node now, Node before) {
    return !node(now).equals(node(before))
        || !badAddresses(now).equals(badAddresses(before))
        || NodeConditions.reportsReady(now) != NodeConditions.reportsReady(before)
        || NodeConditions.reportsLost(now) != NodeConditions.reportsLost(before)
        || NodeConditions.isNodeReady(now) != NodeConditions.isNodeReady(before);
  }

  /**
   * Reads an allocation.
   *
   * @throws IllegalArgumentException if it cannot be read, or its name is not that of its CIDR; no
   *     agent uses it either
   */
  static Block block(IPAllocation allocation) {
    IPAllocationSpec spec = allocation.getSpec();
    if (spec == null || spec.cidr() == null || spec.node() == null) {
      throw new IllegalArgumentException("spec.cidr or spec.node is missing; delete it");
    }
    Cidr cidr = Cidr.parse(spec.cidr());
    if (!cidr.objectName().equals(allocation.getMetadata().getName())) {
      throw new IllegalArgumentException(
          "its name is not that of its block %s, which is %s; delete it"
              .formatted(cidr, cidr.objectName()));
    }
    return block(allocation, cidr);
  }

  private static Block block(IPAllocation allocation, Cidr cidr) {
    Optional<Condition> releasing = condition(allocation, Conditions.RELEASING);
    Block.Release release =
        switch (releasing.map(Condition::getStatus).orElse("False")) {
          case "True" -> Block.Release.RELEASING;
          case "Unknown" -> Block.Release.GRACE;
          default -> Block.Release.NONE;
        };
    Instant created = created(allocation);
    return new Block(
        cidr,
        owner(allocation),
        orEmpty(allocation.getSpec().pool()),
        created,
        state(allocation.getSpec().stateInForce()),
        release,
        releasing
            .map(Condition::getLastTransitionTime)
            .map(ResourceMapper::instant)
            .orElse(created),
        report(allocation));
  }

  private static Block.State state(IPAllocationSpec.State state) {
    return switch (state) {
      case Claimed -> Block.State.CLAIMED;
      case Active -> Block.State.ACTIVE;
      case Draining -> Block.State.DRAINING;
    };
  }

  private static BlockReport report(IPAllocation allocation) {
    IPAllocationStatus status = allocation.getStatus();
    if (status == null) {
      return BlockReport.NONE;
    }
    Addresses addresses = status.addresses();
    boolean drained =
        condition(allocation, Conditions.DRAINED)
            .filter(condition -> "True".equals(condition.getStatus()))
            .map(Condition::getObservedGeneration)
            .filter(generation -> generation.equals(allocation.getMetadata().getGeneration()))
            .isPresent();
    return new BlockReport(
        status.phase() == IPAllocationStatus.Phase.Ready,
        addresses == null ? 0 : orZero(addresses.capacity()),
        addresses == null ? 0 : orZero(addresses.used()),
        condition(allocation, Conditions.PRESSURE)
            .map(condition -> "True".equals(condition.getStatus()))
            .orElse(false),
        drained);
  }

  private static long orZero(Long count) {
    return count == null ? 0 : count;
  }

  static Owner owner(IPAllocation allocation) {
    Map<String, String> annotations = allocation.getMetadata().getAnnotations();
    Map<String, String> known = annotations == null ? Map.of() : annotations;
    return new Owner(
        allocation.getSpec().node(),
        known.getOrDefault(Annotations.INHERITED_BY, orEmpty(allocation.getSpec().nodeUID())),
        new Machine(
            known.getOrDefault(Annotations.SYSTEM_UUID, ""),
            known.getOrDefault(Annotations.BOOT_ID, "")));
  }

  /** How other nodes reach an allocation's node, as its agent reports it. */
  static Endpoint endpoint(IPAllocation allocation) {
    IPAllocationStatus.Endpoint endpoint =
        allocation.getStatus() == null ? null : allocation.getStatus().endpoint();
    return endpoint == null
        ? Endpoint.UNKNOWN
        : Endpoint.parse(
            orEmpty(endpoint.addresses()),
            endpoint.onLink(),
            endpoint.vxlan() == null ? null : endpoint.vxlan().mac(),
            orEmpty(allocation.getSpec().nodeUID()));
  }

  static Optional<Condition> condition(IPAllocation allocation, String type) {
    if (allocation.getStatus() == null || allocation.getStatus().conditions() == null) {
      return Optional.empty();
    }
    return allocation.getStatus().conditions().stream()
        .filter(condition -> type.equals(condition.getType()))
        .findFirst();
  }

  private static Selector selector(LabelSelector selector) {
    if (selector == null) {
      return Selector.ALL;
    }
    Map<String, String> matchLabels = selector.getMatchLabels();
    Map<String, String> labels = matchLabels == null ? Map.of() : matchLabels;
    if (labels.containsValue(null) || hasNull(selector.getMatchExpressions())) {
      throw new IllegalArgumentException("spec.nodeSelector has an empty entry; remove it");
    }
    List<Selector.Requirement> requirements = new ArrayList<>();
    for (LabelSelectorRequirement requirement : orEmpty(selector.getMatchExpressions())) {
      if (requirement.getKey() == null || hasNull(requirement.getValues())) {
        throw new IllegalArgumentException(
            "spec.nodeSelector: a matchExpression has an empty key or value; correct it");
      }
      requirements.add(
          new Selector.Requirement(
              requirement.getKey(),
              operator(requirement.getOperator()),
              orEmpty(requirement.getValues())));
    }
    return new Selector(labels, requirements);
  }

  private static Selector.Operator operator(String text) {
    return Selector.Operator.of(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "nodeSelector: operator \"%s\" is none of In, NotIn, Exists, DoesNotExist"
                        .formatted(text)));
  }

  private static Instant created(HasMetadata object) {
    String text = object.getMetadata().getCreationTimestamp();
    return text == null ? Instant.MAX : instant(text);
  }

  private static Instant instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      return Instant.MAX;
    }
  }

  private static boolean hasNull(List<?> list) {
    return list != null && list.stream().anyMatch(Objects::isNull);
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }
}
