// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PodName;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What tests of policies write again and again. */
final class PolicyMaker {
  /** The node of a table, and of pods whose node does not matter. */
  static final String NODE = "n1";

  private PolicyMaker() {}

  /** Of a text such as {@code app=web,tier=x}; empty: everything. */
  static Selector selector(String labels) {
    return new Selector(labels(labels), List.of());
  }

  static Map<String, String> labels(String text) {
    Map<String, String> labels = new HashMap<>();
    for (String label : text.isEmpty() ? new String[0] : text.split(",")) {
      labels.put(label.split("=")[0], label.split("=")[1]);
    }
    return labels;
  }

  static Policy ingress(String namespace, String name, String pods, PolicyRule... rules) {
    return policy(namespace, name, pods, Set.of(Direction.INGRESS), List.of(rules), List.of());
  }

  static Policy egress(String namespace, String name, String pods, PolicyRule... rules) {
    return policy(namespace, name, pods, Set.of(Direction.EGRESS), List.of(), List.of(rules));
  }

  static Policy policy(
      String namespace,
      String name,
      String pods,
      Set<Direction> directions,
      List<PolicyRule> ingress,
      List<PolicyRule> egress) {
    return new Policy(namespace, name, "uid", selector(pods), directions, ingress, egress);
  }

  static Policy named(Policy policy, String name) {
    return new Policy(
        policy.namespace(),
        name,
        policy.uid(),
        policy.pods(),
        policy.directions(),
        policy.ingress(),
        policy.egress());
  }

  static PolicyRule rule(Object... parts) {
    return new PolicyRule(
        Arrays.stream(parts)
            .filter(PolicyPeer.class::isInstance)
            .map(PolicyPeer.class::cast)
            .toList(),
        Arrays.stream(parts)
            .filter(PolicyPort.class::isInstance)
            .map(PolicyPort.class::cast)
            .toList());
  }

  static PolicyPeer pods(String labels) {
    return new PolicyPeer.Pods(Optional.empty(), selector(labels));
  }

  static PolicyPeer pods(String namespaces, String labels) {
    return new PolicyPeer.Pods(Optional.of(selector(namespaces)), selector(labels));
  }

  static PolicyPeer range(String cidr, String... except) {
    return new PolicyPeer.Range(Cidr.parse(cidr), Arrays.stream(except).map(Cidr::parse).toList());
  }

  static PolicyPort tcp(int port) {
    return new PolicyPort.Numbers(Protocol.TCP, port, port);
  }

  static PolicyPort tcp(String name) {
    return new PolicyPort.Named(Protocol.TCP, name);
  }

  static PolicyPod.NamedPort port(String name, int number) {
    return new PolicyPod.NamedPort(name, Protocol.TCP, number);
  }

  /** Of a name such as {@code ns/web} and addresses in one text. */
  static PolicyPod pod(String name, String labels, String addresses, PolicyPod.NamedPort... ports) {
    return pod(name, labels, addresses, 0, ports);
  }

  static PolicyPod pod(
      String name, String labels, String addresses, int created, PolicyPod.NamedPort... ports) {
    PodName podName = podName(name);
    return new PolicyPod(
        podName.namespace(),
        podName.name(),
        "uid-of-" + podName.name(),
        NODE,
        labels(labels),
        addresses(addresses),
        List.of(ports),
        Instant.ofEpochSecond(created));
  }

  static PolicyPod on(String node, PolicyPod pod) {
    return new PolicyPod(
        pod.namespace(),
        pod.name(),
        pod.uid(),
        node,
        pod.labels(),
        pod.addresses(),
        pod.ports(),
        pod.created());
  }

  /** Of a name such as {@code n2}, its InternalIPs and its blocks, each in one text. */
  static PolicyNode node(String name, String addresses, String blocks) {
    return new PolicyNode(
        name, addresses(addresses), Arrays.stream(blocks.split(" ")).map(Cidr::parse).toList());
  }

  static PodName podName(String name) {
    return new PodName(name.split("/")[0], name.split("/")[1]);
  }

  static List<IpAddress> addresses(String text) {
    return text.isEmpty()
        ? List.of()
        : Arrays.stream(text.split(" ")).map(IpAddress::parse).toList();
  }

  /** The attachment of a pod; one without a name where that is empty. */
  static Attachment attachment(String name, String addresses) {
    return new Attachment(
        "weft",
        new AttachmentKey(Integer.toHexString(addresses.hashCode()), "eth0"),
        addresses(addresses),
        name.isEmpty() ? Optional.empty() : Optional.of(podName(name)));
  }
}
