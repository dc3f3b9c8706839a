// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyNamespace;
import dev.weft.core.policy.PolicyPod;
import dev.weft.core.policy.PolicyPod.NamedPort;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Maps Pods and Namespaces to what policies need of them. */
final class PodMapper {
  private static final Set<String> ENDED = Set.of("Succeeded", "Failed");

  /** Ports of one name and protocol in a pod. */
  static final int MOST_NUMBERS = 16;

  /** Named ports of a pod. */
  static final int MOST_PORTS = 256;

  /** Of the mirror of a static pod: that one's UID. */
  static final String MIRROR = "kubernetes.io/config.mirror";

  private PodMapper() {}

  /** A pod; empty where it has no address of its own, or no more: in the host's network, ended. */
  static Optional<PolicyPod> pod(PodObject object) {
    boolean hostNetwork = object.spec != null && Boolean.TRUE.equals(object.spec.hostNetwork());
    boolean ended = object.status != null && ENDED.contains(object.status.phase());
    if (hostNetwork || ended) {
      return Optional.empty();
    }
    return Optional.of(
        new PolicyPod(
            object.getMetadata().getNamespace().intern(),
            object.getMetadata().getName(),
            uid(object.getMetadata()),
            object.spec == null ? "" : Objects.toString(object.spec.nodeName(), "").intern(),
            labels(object.getMetadata().getLabels()),
            object.status == null ? List.of() : addresses(object.status),
            object.spec == null ? List.of() : ports(object.spec),
            created(object.getMetadata().getCreationTimestamp())));
  }

  /** The runtime's, which the kubelet gave to a static pod; its mirror has another. */
  private static String uid(ObjectMeta metadata) {
    String mirrored =
        Optional.ofNullable(metadata.getAnnotations()).orElse(Map.of()).getOrDefault(MIRROR, "");
    return mirrored.isEmpty() ? Objects.toString(metadata.getUid(), "") : mirrored;
  }

  static PolicyNamespace namespace(NamespaceObject object) {
    return new PolicyNamespace(
        object.getMetadata().getName().intern(), labels(object.getMetadata().getLabels()));
  }

  /** Most labels of a cluster are the same few texts. */
  private static Map<String, String> labels(Map<String, String> labels) {
    Map<String, String> shared = new HashMap<>();
    Optional.ofNullable(labels)
        .orElse(Map.of())
        .forEach((key, value) -> shared.put(key.intern(), Objects.toString(value, "").intern()));
    return shared;
  }

  /** What is no address is left out: nothing is sent there. */
  private static List<IpAddress> addresses(PodObject.Status status) {
    List<String> texts = new ArrayList<>();
    Optional.ofNullable(status.podIPs()).orElse(List.of()).forEach(one -> texts.add(one.ip()));
    if (texts.isEmpty() && status.podIP() != null) {
      texts.add(status.podIP());
    }
    List<IpAddress> addresses = new ArrayList<>(texts.size());
    for (String text : texts) {
      try {
        addresses.add(IpAddress.parse(Objects.toString(text, "")));
      } catch (IllegalArgumentException e) {
        continue;
      }
    }
    return addresses;
  }

  /**
   * Of init containers only those that go on beside the others (sidecars). Names are unique in a
   * container only, and each number is a member of a set of peers: further ones are left out, so
   * that a few pods do not fill the sets of everybody.
   */
  private static List<NamedPort> ports(PodObject.Spec spec) {
    Map<String, Integer> numbers = new HashMap<>();
    return Stream.concat(
            orEmpty(spec.containers()).stream(),
            orEmpty(spec.initContainers()).stream()
                .filter(container -> "Always".equals(container.restartPolicy())))
        .flatMap(container -> orEmpty(container.ports()).stream())
        .filter(port -> port.name() != null && port.containerPort() != null)
        .flatMap(
            port ->
                protocol(port.protocol()).stream()
                    .map(
                        protocol ->
                            new NamedPort(port.name().intern(), protocol, port.containerPort())))
        .distinct()
        .filter(
            port -> numbers.merge(port.protocol() + port.name(), 1, Integer::sum) <= MOST_NUMBERS)
        .limit(MOST_PORTS)
        .toList();
  }

  private static Optional<Protocol> protocol(String text) {
    if (text == null) {
      return Optional.of(Protocol.TCP);
    }
    return Stream.of(Protocol.values()).filter(one -> one.name().equals(text)).findFirst();
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return Optional.ofNullable(list).orElse(List.of());
  }

  private static Instant created(String text) {
    try {
      return text == null ? Instant.EPOCH : Instant.parse(text);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }
}
