// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The operator's writes. All but creation, deletion and finalizers are server-side apply, with a
 * field manager for each writer: what others wrote stays. What concerns an allocation, and a pool's
 * finalizer, is written only to the very object and version it was decided from, so that a leader
 * that slept takes nothing away on what it knew: else the answer is 409. Each throws {@link
 * KubernetesClientException} where the API server refuses or is away.
 */
final class ClusterWriter {
  /** Of the allocation pass; before there were others, of every write. */
  static final String FIELD_MANAGER = "weft-operator";

  /** Of a pool's range in force. */
  static final String POOL_RANGE = "weft-operator-range";

  /** Of the rest of a pool's status. */
  static final String POOL_STATUS = "weft-operator-pool-status";

  /** Of the Node condition NetworkUnavailable. */
  static final String NODE_CONDITION = "weft-operator-node-condition";

  /** Of the condition Overlapping of an allocation. */
  static final String OVERLAP = "weft-operator-overlap";

  /** Of the condition EndpointAccepted of an allocation. */
  private static final String ENDPOINT = "weft-operator-endpoint";

  /**
   * Of what is written in an agent's stead. The agent's next apply takes over its condition, and
   * nothing of it stays under the other name.
   */
  private static final String FOR_AGENT = "weft-operator-for-agent";

  /** On a pool while it has blocks. */
  static final String FINALIZER = "weft.dev/blocks";

  private static final long PAGE = 500; // objects in an answer to a list
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int INVALID = 422;
  private static final PatchContext APPLY = apply(FIELD_MANAGER);

  private static PatchContext apply(String fieldManager) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(fieldManager)
        .withForce(true)
        .build();
  }

  private final KubernetesClient client;

  ClusterWriter(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Claims a block. Its name is the claim: where somebody has it already, theirs comes back.
   *
   * @return what is there now, ours or another's; empty where it went again in between
   */
  Optional<IPAllocation> claim(IPAllocation allocation) {
    try {
      return Optional.of(client.resource(allocation).create());
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        throw e;
      }
      return Optional.ofNullable(client.resource(allocation).get());
    }
  }

  /** Deletes this very version of the object; one that is gone is left alone. */
  void delete(IPAllocation allocation) {
    DeleteOptions options =
        new DeleteOptionsBuilder()
            .withNewPreconditions()
            .withUid(allocation.getMetadata().getUid())
            .withResourceVersion(allocation.getMetadata().getResourceVersion())
            .endPreconditions()
            .build();
    String path =
        "/apis/%s/%s/%s"
            .formatted(
                allocation.getApiVersion(),
                allocation.getPlural(),
                allocation.getMetadata().getName());
    ifThere(allocation, () -> client.raw(path, "DELETE", options));
  }

  /** A node as the API server has it now, whatever the watch reported. */
  Optional<Node> node(String name) {
    return Optional.ofNullable(client.nodes().withName(name).get());
  }

  /**
   * Whether the API server has a block of this pool now, or a claim on one, whatever the watch
   * reported.
   */
  boolean hasBlocks(IPPool pool) {
    ListOptions page = new ListOptionsBuilder().withLimit(PAGE).build();
    do {
      KubernetesResourceList<IPAllocation> some = client.resources(IPAllocation.class).list(page);
      if (some.getItems().stream().anyMatch(one -> isBlockOf(pool, one))) {
        return true;
      }
      page.setContinue(some.getMetadata().getContinue());
    } while (page.getContinue() != null && !page.getContinue().isEmpty());
    return false;
  }

  private static boolean isBlockOf(IPPool pool, IPAllocation allocation) {
    IPAllocationSpec spec = allocation.getSpec();
    return spec != null && pool.getMetadata().getName().equals(spec.pool());
  }

  /**
   * Sets whose an allocation is and its state; empty where it is gone.
   *
   * @param patch everything that the operator keeps in its annotations and spec
   */
  Optional<IPAllocation> ownership(IPAllocation allocation, IPAllocation patch) {
    ObjectMeta metadata = versioned(allocation);
    metadata.setAnnotations(patch.getMetadata().getAnnotations());
    patch.setMetadata(metadata);
    return ifThere(patch, () -> client.resource(patch).patch(APPLY))
        .flatMap(this::withoutInheritance);
  }

  /** Removes the annotation of version 0.1, which no apply removes where another wrote it. */
  private Optional<IPAllocation> withoutInheritance(IPAllocation written) {
    Map<String, String> annotations = written.getMetadata().getAnnotations();
    if (annotations == null || !annotations.containsKey(Annotations.INHERITED_BY)) {
      return Optional.of(written);
    }
    Map<String, Object> metadata = versionedPatch(written);
    metadata.put("annotations", Collections.singletonMap(Annotations.INHERITED_BY, null));
    return merge(written, IPAllocation.class, metadata);
  }

  /** Sets how far an allocation's release is, and its phase; empty where it is gone. */
  Optional<IPAllocation> release(IPAllocation allocation, IPAllocationStatus status) {
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(versioned(allocation));
    patch.setStatus(status);
    return ifThere(patch, () -> client.resource(patch).subresource("status").patch(APPLY));
  }

  /**
   * Sets the condition Overlapping or EndpointAccepted of an allocation; empty where it is gone.
   */
  Optional<IPAllocation> condition(IPAllocation allocation, Condition condition) {
    boolean overlapping = condition.getType().equals(Conditions.OVERLAPPING);
    return condition(allocation, condition, overlapping ? OVERLAP : ENDPOINT);
  }

  /** Sets a condition of an allocation that is its agent's; empty where it is gone. */
  Optional<IPAllocation> conditionForAgent(IPAllocation allocation, Condition condition) {
    return condition(allocation, condition, FOR_AGENT);
  }

  private Optional<IPAllocation> condition(
      IPAllocation allocation, Condition condition, String fieldManager) {
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(named(allocation));
    patch.setStatus(new IPAllocationStatus(null, null, null, List.of(condition)));
    return ifThere(
        patch, () -> client.resource(patch).subresource("status").patch(apply(fieldManager)));
  }

  /** Sets a pool's range in force, or that it has none; empty where the pool is gone. */
  Optional<IPPool> range(IPPool pool, Optional<Cidr> range) {
    IPPool patch = new IPPool();
    patch.setMetadata(versioned(pool));
    String cidr = range.map(Cidr::toString).orElse(null);
    patch.setStatus(new IPPoolStatus(cidr, null, null, null, null, null));
    return ifThere(pool, () -> writeStatus(patch, apply(POOL_RANGE)));
  }

  /** Sets a pool's status, but for the range in force; empty where the pool is gone. */
  Optional<IPPool> status(IPPool pool, IPPoolStatus status) {
    IPPool patch = new IPPool();
    patch.setMetadata(named(pool));
    patch.setStatus(
        new IPPoolStatus(
            null,
            status.observedGeneration(),
            status.nodePrefixLength(),
            status.blocks(),
            status.addresses(),
            status.conditions()));
    IPPool nothing = new IPPool();
    nothing.setMetadata(named(pool));
    return ifThere(pool, () -> withoutOldFields(writeStatus(patch, apply(POOL_STATUS)), nothing));
  }

  /** Adds the finalizer of a pool that has blocks; empty where it is gone. */
  Optional<IPPool> addFinalizer(IPPool pool) {
    List<String> finalizers = new ArrayList<>(pool.getFinalizers());
    finalizers.add(FINALIZER);
    return finalizers(pool, finalizers);
  }

  /** Removes the finalizer of a pool that has no block; empty where it is gone. */
  Optional<IPPool> removeFinalizer(IPPool pool) {
    List<String> finalizers = new ArrayList<>(pool.getFinalizers());
    finalizers.remove(FINALIZER);
    return finalizers(pool, finalizers);
  }

  private Optional<IPPool> finalizers(IPPool pool, List<String> finalizers) {
    Map<String, Object> metadata = versionedPatch(pool);
    metadata.put("finalizers", finalizers.isEmpty() ? null : finalizers);
    return merge(pool, IPPool.class, metadata);
  }

  /** What a merge patch of this very version begins with. */
  private static Map<String, Object> versionedPatch(HasMetadata object) {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("uid", object.getMetadata().getUid());
    metadata.put("resourceVersion", object.getMetadata().getResourceVersion());
    return metadata;
  }

  private <T extends HasMetadata> Optional<T> merge(
      T object, Class<T> kind, Map<String, Object> metadata) {
    String patch = Serialization.asJson(Map.of("metadata", metadata));
    return ifThere(
        object,
        () ->
            client
                .resources(kind)
                .withName(object.getMetadata().getName())
                .patch(PatchContext.of(PatchType.JSON_MERGE), patch));
  }

  /** Sets one condition of a node; empty where it is gone. */
  Optional<Node> condition(Node node, NodeCondition condition) {
    Node patch =
        new NodeBuilder()
            .withMetadata(named(node))
            .withNewStatus()
            .withConditions(condition)
            .endStatus()
            .build();
    Node nothing = new NodeBuilder().withMetadata(named(node)).build();
    return ifThere(
        node, () -> withoutOldFields(writeStatus(patch, apply(NODE_CONDITION)), nothing));
  }

  private <T extends HasMetadata> T writeStatus(T patch, PatchContext context) {
    return client.resource(patch).subresource("status").patch(context);
  }

  /**
   * Lets the field manager that wrote every status in versions before own nothing of this one any
   * more: what it alone owned, and nobody writes today, would stay for ever.
   *
   * @param nothing the object without a status
   * @return the object as it is then
   */
  private <T extends HasMetadata> T withoutOldFields(T written, T nothing) {
    List<ManagedFieldsEntry> entries =
        written == null ? null : written.getMetadata().getManagedFields();
    boolean old =
        entries != null
            && entries.stream()
                .anyMatch(
                    entry ->
                        FIELD_MANAGER.equals(entry.getManager())
                            && "Apply".equals(entry.getOperation())
                            && "status".equals(entry.getSubresource()));
    return old ? writeStatus(nothing, APPLY) : written;
  }

  /** Empty where the very object is gone, even if there is another of its name. */
  private <T> Optional<T> ifThere(HasMetadata object, Supplier<T> write) {
    try {
      return Optional.ofNullable(write.get());
    } catch (KubernetesClientException e) {
      if (!isGone(e, object)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /**
   * Whether an object of this name and UID is gone. A UID that none has is answered by 409, one
   * that is not that of the object by 422; so are lost races and bad values, so it is read.
   */
  private boolean isGone(KubernetesClientException e, HasMetadata object) {
    if (e.getCode() != CONFLICT && e.getCode() != INVALID) {
      return e.getCode() == NOT_FOUND;
    }
    HasMetadata there = client.resource(object).get();
    return there == null
        || !Objects.equals(there.getMetadata().getUid(), object.getMetadata().getUid());
  }

  /** With the UID and version too, so that one that has changed since is not meant. */
  private static ObjectMeta versioned(HasMetadata object) {
    ObjectMeta metadata = named(object);
    metadata.setResourceVersion(object.getMetadata().getResourceVersion());
    return metadata;
  }

  /** With the UID, so that one that was re-created since is not meant. */
  private static ObjectMeta named(HasMetadata object) {
    return new ObjectMetaBuilder()
        .withName(object.getMetadata().getName())
        .withUid(object.getMetadata().getUid())
        .build();
  }
}
