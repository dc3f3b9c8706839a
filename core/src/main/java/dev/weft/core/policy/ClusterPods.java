// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The pods that the API server reports, and which of them has an address. Once nodes are known it
 * is one of the node that has the address's block, or none: a kubelet, which writes what addresses
 * its pods have, can so neither take one from a pod nor give labels to what is no pod. Of several
 * it is the newest.
 */
final class ClusterPods {
  /** The newer last; of two of an age any, but always the same. */
  static final Comparator<PolicyPod> BY_AGE =
      Comparator.comparing(PolicyPod::created)
          .thenComparing(PolicyPod::namespace)
          .thenComparing(PolicyPod::name);

  private final ClusterNodes nodes;
  private final Map<String, Map<String, PolicyPod>> byNamespace = new HashMap<>();
  private final Map<IpAddress, PolicyPod> holders = new HashMap<>();

  /** All who report an address, where that is not just its holder. */
  private final Map<IpAddress, Set<PolicyPod>> contested = new HashMap<>();

  ClusterPods(ClusterNodes nodes) {
    this.nodes = nodes;
  }

  /** A pod; null where it is not known. */
  PolicyPod get(String namespace, String name) {
    return byNamespace.getOrDefault(namespace, Map.of()).get(name);
  }

  /** The pod that has an address; null where none has it. */
  PolicyPod holder(IpAddress address) {
    return holders.get(address);
  }

  /** The newest pod of a node that reports an address; null where none does. */
  PolicyPod newest(String node, IpAddress address) {
    return reporting(address).stream()
        .filter(pod -> pod.node().equals(node))
        .max(BY_AGE)
        .orElse(null);
  }

  private Set<PolicyPod> reporting(IpAddress address) {
    PolicyPod holder = holders.get(address);
    return contested.getOrDefault(address, holder == null ? Set.of() : Set.of(holder));
  }

  /** The addresses that pods of such nodes report. */
  Set<IpAddress> addresses(Predicate<String> node) {
    Set<IpAddress> addresses = new HashSet<>();
    for (Map<String, PolicyPod> pods : byNamespace.values()) {
      for (PolicyPod pod : pods.values()) {
        if (node.test(pod.node())) {
          addresses.addAll(pod.addresses());
        }
      }
    }
    return addresses;
  }

  /** Takes that the blocks of these addresses may have other nodes than before. */
  void nodesChanged(Set<IpAddress> addresses) {
    addresses.forEach(address -> setReporting(address, reporting(address)));
  }

  private void setReporting(IpAddress address, Set<PolicyPod> pods) {
    PolicyPod holder =
        pods.stream().filter(pod -> nodes.mayHave(pod, address)).max(BY_AGE).orElse(null);
    if (holder == null) {
      holders.remove(address);
    } else {
      holders.put(address, holder);
    }
    if (pods.size() == (holder == null ? 0 : 1)) {
      contested.remove(address);
    } else {
      contested.put(address, pods);
    }
  }

  Collection<PolicyPod> in(String namespace) {
    return byNamespace.getOrDefault(namespace, Map.of()).values();
  }

  Set<String> namespaces() {
    return byNamespace.keySet();
  }

  void put(PolicyPod pod) {
    remove(pod.namespace(), pod.name());
    byNamespace.computeIfAbsent(pod.namespace(), key -> new HashMap<>()).put(pod.name(), pod);
    for (IpAddress address : pod.addresses()) {
      Set<PolicyPod> reporting = new HashSet<>(reporting(address));
      reporting.add(pod);
      setReporting(address, reporting);
    }
  }

  void remove(String namespace, String name) {
    Map<String, PolicyPod> pods = byNamespace.get(namespace);
    PolicyPod pod = pods == null ? null : pods.remove(name);
    if (pod == null) {
      return;
    }
    if (pods.isEmpty()) {
      byNamespace.remove(namespace);
    }
    for (IpAddress address : pod.addresses()) {
      Set<PolicyPod> reporting = new HashSet<>(reporting(address));
      reporting.remove(pod);
      setReporting(address, reporting);
    }
  }
}
