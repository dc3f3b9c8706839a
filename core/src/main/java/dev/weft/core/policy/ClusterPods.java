// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pods that the API server reports, and which of them has an address. Of several it is one of
 * the node that has the address's block, else the kubelet of another node, which writes what
 * addresses its pods have, could take it from its pod. Of those, or where there are none, it is the
 * newest.
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

  /** Of the addresses that several pods have: all of those. */
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

  /** The newest pod of a node with an address; null where none has it. */
  PolicyPod newest(String node, IpAddress address) {
    PolicyPod one = holders.get(address);
    Collection<PolicyPod> all =
        contested.getOrDefault(address, one == null ? Set.of() : Set.of(one));
    return all.stream().filter(pod -> pod.node().equals(node)).max(BY_AGE).orElse(null);
  }

  /** The addresses that several pods have. */
  Set<IpAddress> contested() {
    return Set.copyOf(contested.keySet());
  }

  /** Takes that blocks may have other nodes than before. */
  void nodesChanged() {
    contested.forEach((address, all) -> holders.put(address, holder(address, all)));
  }

  private PolicyPod holder(IpAddress address, Collection<PolicyPod> all) {
    return Collections.max(
        all,
        Comparator.comparing((PolicyPod pod) -> nodes.isAtHome(pod, address))
            .thenComparing(BY_AGE));
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
      PolicyPod other = holders.putIfAbsent(address, pod);
      if (other != null && other != pod) {
        contested.computeIfAbsent(address, key -> new HashSet<>(List.of(other))).add(pod);
        holders.put(address, holder(address, List.of(pod, other)));
      }
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
      Set<PolicyPod> all = contested.get(address);
      if (all == null) {
        holders.remove(address);
        continue;
      }
      all.remove(pod);
      holders.put(address, holder(address, all));
      if (all.size() == 1) {
        contested.remove(address);
      }
    }
  }
}
