// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.stream.Stream;

/**
 * Searches the API server for a pod that has a port of some name: lists pods page by page until one
 * has it, and keeps none.
 */
final class PodPorts {
  private static final long PAGE = 100; // pods in an answer
  private static final int MAX_PAGES = 10;
  private static final int MAX_NAMESPACES = 10;

  private final KubernetesClient client;

  PodPorts(KubernetesClient client) {
    this.client = client;
  }

  /** What became of the search. */
  enum Answer {
    /** A pod has it, or those that were listed are not all. */
    FOUND,
    /** There are pods, and none has it. */
    MISSING,
    /** There are no pods that could. */
    NO_PODS
  }

  /**
   * Searches at most {@value #MAX_NAMESPACES} namespaces of each peer, and in each of them {@value
   * #MAX_PAGES} pages of {@value #PAGE} pods.
   *
   * @param namespace the policy's
   * @throws KubernetesClientException if the API server does not answer, or refuses
   */
  Answer find(String namespace, PolicyReview.NamedPort port) {
    Answer answer = Answer.NO_PODS;
    for (PolicyReview.Pods pods : port.pods()) {
      List<String> namespaces = pods.namespaces().map(this::namespaces).orElse(List.of(namespace));
      if (namespaces.size() > MAX_NAMESPACES) {
        return Answer.FOUND;
      }
      for (String one : namespaces) {
        Answer there = find(one, pods.selector(), port);
        if (there == Answer.FOUND) {
          return there;
        }
        answer = there == Answer.MISSING ? there : answer;
      }
    }
    return answer;
  }

  private List<String> namespaces(LabelSelector selector) {
    return client
        .namespaces()
        .withLabelSelector(selector)
        .list(new ListOptionsBuilder().withLimit(MAX_NAMESPACES + 1L).build())
        .getItems()
        .stream()
        .map(namespace -> namespace.getMetadata().getName())
        .toList();
  }

  private Answer find(String namespace, LabelSelector selector, PolicyReview.NamedPort port) {
    Answer answer = Answer.NO_PODS;
    String next = null;
    for (int page = 0; page < MAX_PAGES; page++) {
      PodList pods =
          client
              .pods()
              .inNamespace(namespace)
              .withLabelSelector(selector)
              .list(new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build());
      if (pods.getItems().stream().anyMatch(pod -> has(pod, port))) {
        return Answer.FOUND;
      }
      answer = pods.getItems().isEmpty() ? answer : Answer.MISSING;
      next = pods.getMetadata() == null ? null : pods.getMetadata().getContinue();
      if (next == null || next.isEmpty()) {
        return answer;
      }
    }
    return Answer.FOUND;
  }

  /** Of init containers those have ports that go on beside the others (sidecars). */
  private static boolean has(Pod pod, PolicyReview.NamedPort port) {
    return pod.getSpec() != null
        && Stream.concat(
                pod.getSpec().getContainers().stream(),
                pod.getSpec().getInitContainers().stream()
                    .filter(container -> "Always".equals(container.getRestartPolicy())))
            .flatMap(container -> container.getPorts().stream())
            .anyMatch(
                one ->
                    port.name().equals(one.getName())
                        && port.protocol()
                            .equals(one.getProtocol() == null ? "TCP" : one.getProtocol()));
  }
}
