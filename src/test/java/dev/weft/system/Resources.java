// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Optional;

/** Weft's objects in a cluster's API server. */
final class Resources {
  private Resources() {}

  static MixedOperation<IPAllocation, KubernetesResourceList<IPAllocation>, Resource<IPAllocation>>
      allocations(Cluster cluster) {
    return cluster.sandbox().client().resources(IPAllocation.class);
  }

  static MixedOperation<IPPool, KubernetesResourceList<IPPool>, Resource<IPPool>> pools(
      Cluster cluster) {
    return cluster.sandbox().client().resources(IPPool.class);
  }

  static IPAllocation allocation(Cluster cluster, String name) {
    return allocations(cluster).withName(name).get();
  }

  static boolean isReady(Cluster cluster, String allocation) {
    return allocation(cluster, allocation).getStatus().phase() == IPAllocationStatus.Phase.Ready;
  }

  /** Creates a pool of this CIDR with everything else as the schema's defaults are. */
  static IPPool createPool(Cluster cluster, String name, String cidr, Integer nodePrefixLength) {
    IPPool pool = new IPPool();
    pool.setMetadata(new ObjectMetaBuilder().withName(name).build());
    pool.setSpec(new IPPoolSpec(cidr, nodePrefixLength, null, null, null, null, null, null, null));
    return pools(cluster).resource(pool).create();
  }

  /** Sets what is given out of a pool. */
  static void setState(Cluster cluster, String name, IPPoolSpec.State state) {
    patchSpec(cluster, name, "state", state.name());
  }

  /** Sets a field of a pool's spec. */
  static void patchSpec(Cluster cluster, String name, String field, String value) {
    pools(cluster)
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\": {\"%s\": \"%s\"}}".formatted(field, value));
  }

  /** The allocations of a pool. */
  static List<IPAllocation> allocationsOf(Cluster cluster, String pool) {
    return allocations(cluster).list().getItems().stream()
        .filter(allocation -> pool.equals(allocation.getSpec().pool()))
        .toList();
  }

  static IPAllocation createAllocation(
      Cluster cluster, String name, String cidr, String node, String nodeUid) {
    IPAllocation allocation = new IPAllocation();
    allocation.setMetadata(new ObjectMetaBuilder().withName(name).build());
    allocation.setSpec(new IPAllocationSpec(cidr, node, nodeUid, "by-hand", null));
    return allocations(cluster).resource(allocation).create();
  }

  static Optional<Condition> condition(IPPool pool, String type) {
    return pool.getStatus() == null ? Optional.empty() : find(pool.getStatus().conditions(), type);
  }

  static Optional<Condition> condition(IPAllocation allocation, String type) {
    return allocation.getStatus() == null
        ? Optional.empty()
        : find(allocation.getStatus().conditions(), type);
  }

  private static Optional<Condition> find(List<Condition> conditions, String type) {
    return Optional.ofNullable(conditions).stream()
        .flatMap(List::stream)
        .filter(condition -> condition.getType().equals(type))
        .findFirst();
  }

  /** Events about an object of this name, newest last. */
  static List<Event> events(Cluster cluster, String objectName) {
    return cluster.sandbox().client().v1().events().inAnyNamespace().list().getItems().stream()
        .filter(event -> objectName.equals(event.getInvolvedObject().getName()))
        .toList();
  }
}
