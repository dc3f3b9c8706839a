// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The pods that the API server reports, and which of them has an address: the newest. */
final class ClusterPods {
  /** The newer last; of two of an age any, but always the same. */
  static final Comparator<PolicyPod> BY_AGE =
      Comparator.comparing(PolicyPod::created)
          .thenComparing(PolicyPod::namespace)
          .thenComparing(PolicyPod::name);

  private final Map<String, Map<String, PolicyPod>> byNamespace = new HashMap<>();
  private final Map<IpAddress, PolicyPod> newest = new HashMap<>();

  /** Of the addresses that several pods have: all of those. */
  private final Map<IpAddress, Set<PolicyPod>> contested = new HashMap<>();

  /** A pod; null where it is not known. */
  PolicyPod get(String namespace, String name) {
    return byNamespace.getOrDefault(namespace, Map.of()).get(name);
  }

  /** The newest pod with an address; null where no pod has it. */
  PolicyPod newest(IpAddress address) {
    return newest.get(address);
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
      PolicyPod other = newest.putIfAbsent(address, pod);
      if (other != null && other != pod) {
        contested.computeIfAbsent(address, key -> new HashSet<>(List.of(other))).add(pod);
        newest.put(address, BY_AGE.compare(pod, other) > 0 ? pod : other);
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
        newest.remove(address);
        continue;
      }
      all.remove(pod);
      List<PolicyPod> left = new ArrayList<>(all);
      left.sort(BY_AGE);
      newest.put(address, left.get(left.size() - 1));
      if (left.size() == 1) {
        contested.remove(address);
      }
    }
  }
}
