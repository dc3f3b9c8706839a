// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Addresses;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;

/** What nodes' agents write of their blocks, as a test says it. */
final class TestAgent {
  private static final long CAPACITY = 253;
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("weft-agent")
          .withForce(true)
          .build();

  private final KubernetesClient client;

  TestAgent(KubernetesClient client) {
    this.client = client;
  }

  /** A block is served, and pods have this many of its addresses. */
  void serves(String allocation, long used) {
    report(allocation, used, List.of(condition(Conditions.PROGRAMMED, null)));
  }

  /** A block is served, and the node has few addresses left. */
  void servesUnderPressure(String allocation) {
    report(
        allocation,
        CAPACITY,
        List.of(condition(Conditions.PROGRAMMED, null), condition(Conditions.PRESSURE, null)));
  }

  /** No pod has an address of a block, and none gets one, in this generation of its allocation. */
  void drained(String allocation, long generation) {
    report(
        allocation,
        0,
        List.of(condition(Conditions.PROGRAMMED, null), condition(Conditions.DRAINED, generation)));
  }

  /** As above, in the generation that there is. */
  void drained(String allocation) {
    drained(
        allocation,
        client
            .resources(IPAllocation.class)
            .withName(allocation)
            .get()
            .getMetadata()
            .getGeneration());
  }

  /** A block is served, and reached by this address, and no tunnel. */
  void isReachedBy(String allocation, String address) {
    isReached(allocation, new IPAllocationStatus.Endpoint(List.of(address), null, null));
  }

  /** Reports an address and the MAC address of the node's VXLAN devices. */
  void isReachedBy(String allocation, String address, String mac) {
    isReached(
        allocation,
        new IPAllocationStatus.Endpoint(List.of(address), new IPAllocationStatus.Vxlan(mac), null));
  }

  private void isReached(String allocation, IPAllocationStatus.Endpoint endpoint) {
    report(allocation, 0, endpoint, List.of(condition(Conditions.PROGRAMMED, null)));
  }

  /** Claims a block that the node serves. */
  IPAllocation claims(String cidr, Node node, String pool) {
    IPAllocation claim = new IPAllocation();
    claim.setMetadata(new ObjectMetaBuilder().withName(cidr.replaceAll("[./:]", "-")).build());
    claim.setSpec(
        new IPAllocationSpec(
            cidr,
            node.getMetadata().getName(),
            node.getMetadata().getUid(),
            pool,
            IPAllocationSpec.State.Claimed));
    return client.resource(claim).create();
  }

  private void report(String allocation, long used, List<Condition> conditions) {
    report(allocation, used, null, conditions);
  }

  private void report(
      String allocation,
      long used,
      IPAllocationStatus.Endpoint endpoint,
      List<Condition> conditions) {
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(new ObjectMetaBuilder().withName(allocation).build());
    patch.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            endpoint,
            new Addresses(CAPACITY, used, CAPACITY - used),
            conditions));
    client.resource(patch).subresource("status").patch(APPLY);
  }

  private static Condition condition(String type, Long generation) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus("True")
        .withReason("Test")
        .withMessage("test")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .withObservedGeneration(generation)
        .build();
  }
}
