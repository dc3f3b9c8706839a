// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The nodes: which gateway addresses a range means since it holds their nodes' InternalIPs, and
 * which node has the block of an address.
 */
final class ClusterNodes {
  private Map<String, PolicyNode> nodes = Map.of();
  private final TreeMap<IpAddress, List<PolicyNode>> byAddress = new TreeMap<>();

  /** Takes the nodes; returns those that were or are other than before. */
  List<PolicyNode> set(Collection<PolicyNode> all) {
    Map<String, PolicyNode> now = new HashMap<>();
    all.forEach(node -> now.put(node.name(), node));
    List<PolicyNode> changed = new ArrayList<>();
    nodes.forEach(
        (name, before) -> {
          if (!before.equals(now.get(name))) {
            changed.add(before);
            before.addresses().forEach(address -> remove(address, before));
          }
        });
    now.forEach(
        (name, node) -> {
          if (!node.equals(nodes.get(name))) {
            changed.add(node);
            node.addresses()
                .forEach(
                    address ->
                        byAddress.computeIfAbsent(address, key -> new ArrayList<>()).add(node));
          }
        });
    nodes = now;
    return changed;
  }

  /** Whether the pod's node has the block that an address is of; any, while no node is known. */
  boolean mayHave(PolicyPod pod, IpAddress address) {
    PolicyNode node = nodes.get(pod.node());
    return nodes.isEmpty() || node != null && node.has(address);
  }

  boolean isEmpty() {
    return nodes.isEmpty();
  }

  private void remove(IpAddress address, PolicyNode node) {
    List<PolicyNode> there = byAddress.get(address);
    if (there != null && there.remove(node) && there.isEmpty()) {
      byAddress.remove(address);
    }
  }

  /** The gateway addresses, of the span's family, that are not in it. */
  Set<IpAddress> meantBy(Span span) {
    Set<IpAddress> meant = new HashSet<>();
    if (span instanceof Span.Range range) {
      byAddress
          .subMap(range.cidr().address(), true, range.cidr().last(), true)
          .forEach((address, there) -> collect(span, address, there, meant));
    } else if (span instanceof Span.Hosts hosts) {
      for (IpAddress address : hosts.addresses()) {
        collect(span, address, byAddress.getOrDefault(address, List.of()), meant);
      }
    }
    return meant;
  }

  /**
   * The gateway addresses in a range that it does not mean: it excepts their nodes' InternalIPs.
   */
  Set<IpAddress> excepted(Span.Range range) {
    Set<IpAddress> excepted = new HashSet<>();
    for (Cidr except : range.except()) {
      byAddress
          .subMap(except.address(), true, except.last(), true)
          .values()
          .forEach(there -> there.forEach(node -> collectExcepted(range, node, excepted)));
    }
    return excepted;
  }

  private static void collectExcepted(Span.Range range, PolicyNode node, Set<IpAddress> excepted) {
    if (node.addresses().stream().noneMatch(range::contains)) {
      node.gateways().stream().filter(range::contains).forEach(excepted::add);
    }
  }

  /** Whether a span has, or excepts, an InternalIP of one of these nodes. */
  static boolean concerns(Collection<PolicyNode> nodes, Span span) {
    return nodes.stream()
        .flatMap(node -> node.addresses().stream())
        .anyMatch(
            address ->
                span instanceof Span.Range range
                    ? range.cidr().contains(address)
                    : span.contains(address));
  }

  private static void collect(
      Span span, IpAddress address, List<PolicyNode> nodes, Set<IpAddress> meant) {
    if (span.contains(address)) {
      for (PolicyNode node : nodes) {
        node.gateways().stream()
            .filter(gateway -> gateway.family() == span.family() && !span.contains(gateway))
            .forEach(meant::add);
      }
    }
  }
}
