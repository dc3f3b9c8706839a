// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.api.Addresses;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.net.IpAddress;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The part of an IPAllocation's status that its node's agent owns, observed and desired. */
final class StatusDocument {
  private StatusDocument() {}

  /**
   * What the agent applies: phase, endpoint, addresses and its own two conditions. The phase is
   * left to the operator once it releases the block.
   */
  static IPAllocationStatus wanted(IPAllocation object, BlockStatus block, Instant now) {
    Optional<IPAllocationStatus> before = Optional.ofNullable(object.getStatus());
    boolean releasing =
        before.map(IPAllocationStatus::phase).orElse(null) == IPAllocationStatus.Phase.Releasing;
    IPAllocationStatus.Phase phase =
        block.programmed() ? IPAllocationStatus.Phase.Ready : IPAllocationStatus.Phase.Pending;
    return new IPAllocationStatus(
        releasing ? null : phase,
        new IPAllocationStatus.Endpoint(
            block.endpoint().addresses().stream().map(IpAddress::toString).toList()),
        new Addresses(block.capacity(), block.used(), block.capacity() - block.used()),
        List.of(
            condition(before, Conditions.PROGRAMMED, block.programmed(), block, now),
            pressure(before, block, now)));
  }

  /** Whether all but the addresses is as wanted. */
  static boolean sameButAddresses(IPAllocationStatus is, IPAllocationStatus wanted) {
    return is != null
        && (wanted.phase() == null || wanted.phase() == is.phase())
        && wanted.endpoint().equals(is.endpoint())
        && is.addresses() != null
        && wanted.conditions().stream().allMatch(condition -> holds(is, condition));
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

  private static Condition pressure(
      Optional<IPAllocationStatus> before, BlockStatus block, Instant now) {
    Condition condition = condition(before, Conditions.PRESSURE, block.pressure(), block, now);
    condition.setReason(block.pressure() ? "AddressesLow" : "AddressesAvailable");
    condition.setMessage(
        block.pressure()
            ? "at least 90 % of the node's addresses of this family are in use"
            : "more than 10 % of the node's addresses of this family are free");
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
