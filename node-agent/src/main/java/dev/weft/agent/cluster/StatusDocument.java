// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.api.Addresses;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Routing;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The part of an IPAllocation's status that its node's agent owns, observed and desired. */
final class StatusDocument {
  private static final String ADDRESSES_IN_USE = "AddressesInUse";

  /** Reasons whose messages name pods. */
  private static final Set<String> IN_USE = Set.of(ADDRESSES_IN_USE, BlockStatus.RESERVED_IN_USE);

  private StatusDocument() {}

  /**
   * What the agent applies: phase, endpoint, addresses, routing and its own conditions. The phase
   * is left to the operator once it releases the block.
   */
  static IPAllocationStatus wanted(IPAllocation object, BlockStatus block, Instant now) {
    Optional<IPAllocationStatus> before = Optional.ofNullable(object.getStatus());
    boolean releasing =
        before.map(IPAllocationStatus::phase).orElse(null) == IPAllocationStatus.Phase.Releasing;
    IPAllocationStatus.Phase phase =
        block.programmed() ? IPAllocationStatus.Phase.Ready : IPAllocationStatus.Phase.Pending;
    return new IPAllocationStatus(
        releasing ? null : phase,
        endpoint(block.endpoint()),
        new Addresses(block.capacity(), block.used(), block.capacity() - block.used()),
        Stream.concat(
                Stream.of(
                    condition(before, Conditions.PROGRAMMED, block.programmed(), block, now),
                    pressure(before, block, now),
                    degraded(before, block, now)),
                block.drain().map(drain -> drained(before, block, drain, now)).stream())
            .toList(),
        routing(block.routing()));
  }

  private static IPPoolSpec.Routing routing(Routing routing) {
    return switch (routing) {
      case AUTO -> IPPoolSpec.Routing.Auto;
      case DIRECT -> IPPoolSpec.Routing.Direct;
      case VXLAN -> IPPoolSpec.Routing.VXLAN;
    };
  }

  private static IPAllocationStatus.Endpoint endpoint(Endpoint endpoint) {
    return new IPAllocationStatus.Endpoint(
        endpoint.addresses().stream().map(IpAddress::toString).toList(),
        endpoint.vxlan().map(mac -> new IPAllocationStatus.Vxlan(mac.toString())).orElse(null),
        endpoint.onLink().map(all -> all.stream().map(Cidr::toString).toList()).orElse(null));
  }

  private static Condition drained(
      Optional<IPAllocationStatus> before,
      BlockStatus block,
      BlockStatus.Drain drain,
      Instant now) {
    Condition condition = condition(before, Conditions.DRAINED, drain.done(), block, now);
    condition.setReason(drain.done() ? "NoAddressInUse" : ADDRESSES_IN_USE);
    condition.setMessage(drain.message());
    condition.setObservedGeneration(drain.generation());
    return condition;
  }

  /** Whether all is as wanted. */
  static boolean same(IPAllocationStatus is, IPAllocationStatus wanted) {
    return sameAtOnce(is, wanted)
        && wanted.addresses().equals(is.addresses())
        && wanted.conditions().stream().allMatch(condition -> holds(is, condition));
  }

  /**
   * Whether all that is written at once is as wanted: all but what may change often, which is the
   * addresses, which pods have some, and what is wrong with the node.
   */
  static boolean sameAtOnce(IPAllocationStatus is, IPAllocationStatus wanted) {
    return is != null
        && (wanted.phase() == null || wanted.phase() == is.phase())
        && wanted.endpoint().equals(is.endpoint())
        && wanted.routing() == is.routing()
        && is.addresses() != null
        && wanted.conditions().stream()
            .filter(condition -> !condition.getType().equals(Conditions.DEGRADED))
            .allMatch(condition -> holdsButUse(is, condition))
        && find(Optional.of(is), Conditions.DRAINED).isPresent()
            == find(Optional.of(wanted), Conditions.DRAINED).isPresent();
  }

  /** How many addresses are used, by the status. */
  static long used(IPAllocationStatus status) {
    return Optional.ofNullable(status)
        .map(IPAllocationStatus::addresses)
        .map(Addresses::used)
        .orElse(0L);
  }

  private static boolean holds(IPAllocationStatus is, Condition wanted) {
    return find(Optional.of(is), wanted.getType()).filter(wanted::equals).isPresent();
  }

  /** A message that names pods changes with each of them. */
  private static boolean holdsButUse(IPAllocationStatus is, Condition wanted) {
    return find(Optional.of(is), wanted.getType())
        .map(
            there ->
                IN_USE.contains(wanted.getReason())
                    ? new ConditionBuilder(there).withMessage(wanted.getMessage()).build()
                    : there)
        .filter(wanted::equals)
        .isPresent();
  }

  private static Condition pressure(
      Optional<IPAllocationStatus> before, BlockStatus block, Instant now) {
    Condition condition = condition(before, Conditions.PRESSURE, block.pressure(), block, now);
    condition.setReason(block.pressure() ? "AddressesLow" : "AddressesAvailable");
    condition.setMessage(
        block.pressure()
            ? "at least 90 % of the node's addresses of this pool are in use"
            : "more than 10 % of the node's addresses of this pool are free");
    return condition;
  }

  private static Condition degraded(
      Optional<IPAllocationStatus> before, BlockStatus block, Instant now) {
    Condition condition =
        condition(before, Conditions.DEGRADED, block.degraded().isPresent(), block, now);
    condition.setReason(block.degraded().map(Blocker::reason).orElse("AsExpected"));
    condition.setMessage(
        block
            .degraded()
            .map(Blocker::message)
            .orElse("nothing is known on the node that keeps packets from its pods"));
    return condition;
  }

  private static Condition condition(
      Optional<IPAllocationStatus> before,
      String type,
      boolean holds,
      BlockStatus block,
      Instant now) {
    String status = holds ? "True" : "False";
    String since =
        find(before, type)
            .filter(old -> status.equals(old.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElse(now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(block.reason())
        .withMessage(block.message())
        .withLastTransitionTime(since)
        .build();
  }

  private static Optional<Condition> find(Optional<IPAllocationStatus> status, String type) {
    return status.map(IPAllocationStatus::conditions).orElse(List.of()).stream()
        .filter(condition -> type.equals(condition.getType()))
        .findFirst();
  }
}
