// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides about packets by the text of the NetworkPolicy API alone, on policies, pods and
 * namespaces as they are: nothing is compiled, shared or remembered. For tests of what enforces
 * policies, which know another way to the same.
 *
 * @param policies the cluster's policies
 * @param namespaces by name, those that are known
 * @param pods the API server's pods
 * @param nodes all nodes
 * @param own the pods of the node that enforces
 */
public record PolicyReference(
    Collection<Policy> policies,
    Map<String, PolicyNamespace> namespaces,
    Collection<PolicyPod> pods,
    Collection<PolicyNode> nodes,
    Collection<Own> own) {

  /**
   * A pod of the node that enforces.
   *
   * @param pod as the API server has it or had it last; empty where it never had
   * @param namespace empty where it is not known
   */
  public record Own(
      List<IpAddress> addresses, Optional<PolicyPod> pod, Optional<String> namespace) {}

  /** Whether a packet that opens a connection passes the node, by its addresses after DNAT. */
  public boolean allows(IpAddress from, IpAddress to, Protocol protocol, int port) {
    return passes(Direction.EGRESS, from, to, to, protocol, port)
        && passes(Direction.INGRESS, to, from, to, protocol, port);
  }

  private boolean passes(
      Direction direction,
      IpAddress subject,
      IpAddress other,
      IpAddress destination,
      Protocol protocol,
      int port) {
    Optional<Own> here = own.stream().filter(one -> one.addresses().contains(subject)).findAny();
    if (here.isEmpty()) {
      return true;
    }
    if (here.get().pod().isEmpty()) {
      // It is not known what selects it: nothing passes while something may.
      Optional<String> namespace = here.get().namespace();
      return policies.stream()
          .noneMatch(policy -> namespace.isEmpty() || policy.namespace().equals(namespace.get()));
    }
    PolicyPod pod = here.get().pod().get();
    List<Policy> selecting =
        policies.stream()
            .filter(policy -> policy.directions().contains(direction))
            .filter(policy -> policy.namespace().equals(pod.namespace()))
            .filter(policy -> policy.pods().matches(pod.labels()))
            .toList();
    if (selecting.isEmpty()) {
      return true;
    }
    for (Policy policy : selecting) {
      for (PolicyRule rule : direction == Direction.INGRESS ? policy.ingress() : policy.egress()) {
        boolean peer =
            rule.peers().isEmpty()
                || rule.peers().stream().anyMatch(one -> isPeer(one, policy.namespace(), other));
        boolean portMatches =
            rule.ports().isEmpty()
                || rule.ports().stream().anyMatch(one -> isPort(one, destination, protocol, port));
        if (peer && portMatches) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean isPeer(PolicyPeer peer, String policyNamespace, IpAddress address) {
    if (peer instanceof PolicyPeer.Range range) {
      List<IpAddress> ofItsNode =
          nodes.stream()
              .filter(node -> node.gateways().contains(address))
              .flatMap(node -> node.addresses().stream())
              .filter(ip -> range.cidr().contains(ip) && ip.family() == address.family())
              .toList();
      return ofItsNode.isEmpty()
          ? isIn(range, address)
          : ofItsNode.stream().anyMatch(ip -> isIn(range, ip));
    }
    PolicyPeer.Pods wanted = (PolicyPeer.Pods) peer;
    Optional<PolicyPod> pod = podAt(address);
    if (pod.isEmpty() || !wanted.pods().matches(pod.get().labels())) {
      return false;
    }
    if (wanted.namespaces().isEmpty()) {
      return pod.get().namespace().equals(policyNamespace);
    }
    PolicyNamespace namespace = namespaces.get(pod.get().namespace());
    return namespace != null && wanted.namespaces().get().matches(namespace.labels());
  }

  private static boolean isIn(PolicyPeer.Range range, IpAddress address) {
    for (Cidr except : range.except()) {
      if (except.contains(address)) {
        return false;
      }
    }
    return range.cidr().contains(address);
  }

  private boolean isPort(PolicyPort wanted, IpAddress destination, Protocol protocol, int port) {
    if (wanted.protocol() != protocol) {
      return false;
    }
    if (wanted instanceof PolicyPort.Numbers numbers) {
      return numbers.first() <= port && port <= numbers.last();
    }
    String name = ((PolicyPort.Named) wanted).name();
    return podAt(destination).stream()
        .flatMap(pod -> pod.ports().stream())
        .anyMatch(
            one -> one.name().equals(name) && one.protocol() == protocol && one.number() == port);
  }

  /**
   * The pod that has an address: this node knows it of its own. Else the newest of the node that
   * has its block; while no node is known, of all.
   */
  private Optional<PolicyPod> podAt(IpAddress address) {
    for (Own one : own) {
      if (one.addresses().contains(address)) {
        return one.pod();
      }
    }
    return pods.stream()
        .filter(pod -> pod.addresses().contains(address))
        .filter(pod -> nodes.isEmpty() || hasBlock(pod.node(), address))
        .max(
            Comparator.comparing(PolicyPod::created)
                .thenComparing(PolicyPod::namespace)
                .thenComparing(PolicyPod::name));
  }

  private boolean hasBlock(String node, IpAddress address) {
    return nodes.stream()
        .filter(one -> one.name().equals(node))
        .flatMap(one -> one.blocks().stream())
        .anyMatch(block -> block.contains(address));
  }
}
