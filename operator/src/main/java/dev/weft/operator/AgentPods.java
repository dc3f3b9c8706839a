// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agents' pods of the operator's own namespace, where agents are pods: on which nodes they are,
 * and whether they are Ready. Nothing else of them is kept. What cannot be listed or watched is
 * logged and tried again; until then there are none.
 */
final class AgentPods implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentPods.class);
  private static final Map<String, String> LABELS =
      Map.of("app.kubernetes.io/name", "weft", "app.kubernetes.io/component", "agent");
  private static final long PAGE = 500; // objects in an answer to a list

  private volatile SharedIndexInformer<Pod> informer;

  /**
   * Begins to follow them, once; returns at once.
   *
   * @param onChange called when one comes, goes, or is Ready or no more
   */
  void follow(KubernetesClient client, String namespace, Runnable onChange) {
    if (informer != null) {
      return;
    }
    SharedIndexInformer<Pod> following =
        client
            .pods()
            .inNamespace(namespace)
            .withLabels(LABELS)
            .withLimit(PAGE)
            .runnableInformer(0)
            .itemStore(new TrimmingStore<>())
            .exceptionHandler((started, failure) -> retry(namespace, failure));
    following.addEventHandler(new Changes(onChange));
    following.start();
    informer = following;
  }

  private static boolean retry(String namespace, Throwable failure) {
    LOG.warn(
        "watch the agents' pods in namespace {}: {}; trying again, until then a dead agent is not"
            + " noticed",
        namespace,
        failure.getMessage());
    return true;
  }

  /** The nodes that an agent's pod is on, and whether one of them is Ready. */
  Map<String, Boolean> byNode() {
    Map<String, Boolean> ready = new HashMap<>();
    SharedIndexInformer<Pod> following = informer;
    if (following != null && following.hasSynced()) {
      following.getStore().list().stream()
          .filter(pod -> !nodeOf(pod).isEmpty())
          .forEach(pod -> ready.merge(nodeOf(pod), isReady(pod), Boolean::logicalOr));
    }
    return ready;
  }

  @Override
  public void close() {
    SharedIndexInformer<Pod> following = informer;
    if (following != null) {
      following.close();
    }
  }

  /** Empty while it is scheduled to none. */
  private static String nodeOf(Pod pod) {
    return pod.getSpec() == null || pod.getSpec().getNodeName() == null
        ? ""
        : pod.getSpec().getNodeName();
  }

  private static boolean isReady(Pod pod) {
    return pod.getStatus() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(
                condition ->
                    condition.getType().equals("Ready") && condition.getStatus().equals("True"));
  }

  private record Changes(Runnable onChange) implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      onChange.run();
    }

    @Override
    public void onUpdate(Pod before, Pod now) {
      if (isReady(before) != isReady(now) || !nodeOf(before).equals(nodeOf(now))) {
        onChange.run();
      }
    }

    @Override
    public void onDelete(Pod pod, boolean unknown) {
      onChange.run();
    }
  }
}
