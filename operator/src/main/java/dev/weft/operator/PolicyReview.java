// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyTable;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is wrong with a NetworkPolicy by itself, and what only pods and pools show.
 *
 * @param about its identity, for Events; without its spec
 * @param problems what is wrong with it, at most one of each reason
 * @param ports the ports that it names: a rule accepts nothing by a name that no pod has
 */
record PolicyReview(NetworkPolicy about, List<Warning> problems, List<NamedPort> ports) {
  private static final String INGRESS = "Ingress";
  private static final String EGRESS = "Egress";

  /** As many fields of an object agents do not count, those that a port has (PolicyMapper). */
  private static final int UNCOUNTED_LABELS = 3;

  PolicyReview {
    problems = List.copyOf(problems);
    ports = List.copyOf(ports);
  }

  /**
   * A port by its name.
   *
   * @param rule the field of the policy's rule
   * @param protocol TCP, UDP or SCTP
   * @param pods whose port it is: one of these has it
   * @param blocks in which a pod may have it
   */
  record NamedPort(String rule, String protocol, String name, List<Pods> pods, List<Cidr> blocks) {
    NamedPort {
      pods = List.copyOf(pods);
      blocks = List.copyOf(blocks);
    }

    @Override
    public String toString() {
      return "port \"%s\" (%s)".formatted(name, protocol);
    }
  }

  /**
   * Pods of some namespaces.
   *
   * @param namespaces of which; empty: of the policy's own
   */
  record Pods(Optional<LabelSelector> namespaces, LabelSelector selector) {}

  /** Reviews a policy as the API server has it. */
  static PolicyReview of(NetworkPolicy policy) {
    NetworkPolicy about =
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withNamespace(policy.getMetadata().getNamespace())
            .withName(policy.getMetadata().getName())
            .withUid(policy.getMetadata().getUid())
            .withResourceVersion(policy.getMetadata().getResourceVersion())
            .endMetadata()
            .build();
    NetworkPolicySpec spec = policy.getSpec();
    if (spec == null) {
      return new PolicyReview(about, List.of(), List.of());
    }
    Reader reader = new Reader(spec);
    reader.read();
    List<Warning> problems = new ArrayList<>();
    if (!reader.ignored.isEmpty()) {
      problems.add(new Warning(about, "RulesIgnored", String.join("; ", reader.ignored)));
    }
    if (!reader.unknown.isEmpty()) {
      problems.add(new Warning(about, "UnknownField", String.join("; ", reader.unknown)));
    }
    if (!reader.large.isEmpty()) {
      problems.add(new Warning(about, "TooManyClauses", String.join("; ", reader.large)));
    }
    if (reader.entries > Policy.MAX_ENTRIES) {
      problems.add(
          new Warning(
              about,
              "PolicyTooLarge",
              "it has more than %,d rules, peers, ports, exceptions and values: none of its rules is in force, and the pods that it selects are closed; use ranges of ports and addresses, fewer values, or several policies"
                  .formatted(Policy.MAX_ENTRIES)));
    }
    return new PolicyReview(about, problems, reader.ports);
  }

  /** Reads a spec into what is wrong and which ports it names. */
  private static final class Reader {
    private final NetworkPolicySpec spec;
    private final List<String> ignored = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();
    private final List<String> large = new ArrayList<>();
    private final List<NamedPort> ports = new ArrayList<>();
    private long entries;

    Reader(NetworkPolicySpec spec) {
      this.spec = spec;
    }

    void read() {
      known("spec", spec.getAdditionalProperties());
      List<NetworkPolicyIngressRule> ingress = orNone(spec.getIngress());
      for (int i = 0; i < ingress.size() && isAbout(INGRESS, ingress); i++) {
        NetworkPolicyIngressRule rule = ingress.get(i);
        String field = "spec.ingress[%d]".formatted(i);
        known(field, rule.getAdditionalProperties());
        knownPeers(field + ".from", orNone(rule.getFrom()));
        Pods own = new Pods(Optional.empty(), orAll(spec.getPodSelector()));
        add(field, orNone(rule.getPorts()), List.of(own), List.of());
      }
      List<NetworkPolicyEgressRule> egress = orNone(spec.getEgress());
      for (int i = 0; i < egress.size() && isAbout(EGRESS, egress); i++) {
        NetworkPolicyEgressRule rule = egress.get(i);
        String field = "spec.egress[%d]".formatted(i);
        known(field, rule.getAdditionalProperties());
        knownPeers(field + ".to", orNone(rule.getTo()));
        add(field, orNone(rule.getPorts()), pods(orNone(rule.getTo())), blocks(rule.getTo()));
      }
      ingress.forEach(rule -> count(rule.getFrom(), rule.getPorts()));
      egress.forEach(rule -> count(rule.getTo(), rule.getPorts()));
      bounded("spec.ingress", ingress.stream().map(NetworkPolicyIngressRule::getFrom));
      bounded("spec.egress", egress.stream().map(NetworkPolicyEgressRule::getTo));
      ignored(INGRESS, "spec.ingress", ingress);
      ignored(EGRESS, "spec.egress", egress);
    }

    /** Its rules count where its types have it; without types: as the API server defaults them. */
    private boolean isAbout(String type, List<?> rules) {
      List<String> types = orNone(spec.getPolicyTypes());
      boolean without = types.isEmpty() && (type.equals(INGRESS) || !rules.isEmpty());
      return without || types.contains(type);
    }

    private void ignored(String type, String field, List<?> rules) {
      if (!rules.isEmpty() && !isAbout(type, rules)) {
        ignored.add(
            "spec.policyTypes is %s, so %s counts for nothing: add %s to the types, or take the rules away"
                .formatted(spec.getPolicyTypes(), field, type));
      }
    }

    private void count(List<NetworkPolicyPeer> peers, List<NetworkPolicyPort> ports) {
      entries += 1 + orNone(peers).size() + orNone(ports).size();
      for (NetworkPolicyPeer peer : orNone(peers)) {
        entries += peer.getIpBlock() == null ? 0 : orNone(peer.getIpBlock().getExcept()).size();
        entries += values(peer.getPodSelector()) + values(peer.getNamespaceSelector());
      }
    }

    /** Labels, requirements and values, as agents count them. */
    private static long values(LabelSelector selector) {
      if (selector == null) {
        return 0;
      }
      List<LabelSelectorRequirement> requirements = orNone(selector.getMatchExpressions());
      long labels = selector.getMatchLabels() == null ? 0 : selector.getMatchLabels().size();
      return Math.max(0, labels - UNCOUNTED_LABELS)
          + requirements.size()
          + requirements.stream()
              .mapToLong(requirement -> orNone(requirement.getValues()).size())
              .sum();
    }

    /** Counts a peer for each of its families once, and all single addresses of a rule as one. */
    private void bounded(String field, Stream<List<NetworkPolicyPeer>> peers) {
      long clauses =
          peers
              .mapToLong(
                  rule ->
                      Math.max(
                          1,
                          orNone(rule).stream()
                              .map(peer -> isHost(peer) ? "" : peer)
                              .distinct()
                              .count()))
              .sum();
      if (clauses > PolicyTable.MAX_CLAUSES) {
        large.add(
            "%s makes %d clauses or more (a rule's peers, each with its ports), and a pod can have %d: the pods that it selects are closed; use labels or wider ranges"
                .formatted(field, clauses, PolicyTable.MAX_CLAUSES));
      }
    }

    private static boolean isHost(NetworkPolicyPeer peer) {
      IPBlock block = peer.getIpBlock();
      return block != null
          && block.getCidr() != null
          && (block.getCidr().endsWith("/32") || block.getCidr().endsWith("/128"));
    }

    private void knownPeers(String field, List<NetworkPolicyPeer> peers) {
      for (int i = 0; i < peers.size(); i++) {
        known("%s[%d]".formatted(field, i), peers.get(i).getAdditionalProperties());
      }
    }

    private void known(String field, Map<String, Object> others) {
      if (others != null && !others.isEmpty()) {
        unknown.add(
            "%s has %s, which this version of Weft does not know: what it is in accepts nothing"
                .formatted(field, String.join(", ", new TreeSet<>(others.keySet()))));
      }
    }

    private void add(String rule, List<NetworkPolicyPort> all, List<Pods> pods, List<Cidr> blocks) {
      for (int i = 0; i < all.size(); i++) {
        NetworkPolicyPort port = all.get(i);
        known("%s.ports[%d]".formatted(rule, i), port.getAdditionalProperties());
        String name = port.getPort() == null ? null : port.getPort().getStrVal();
        if (name != null && !(pods.isEmpty() && blocks.isEmpty())) {
          String protocol = port.getProtocol() == null ? "TCP" : port.getProtocol();
          ports.add(new NamedPort(rule, protocol, name, pods, blocks));
        }
      }
    }

    private static List<Pods> pods(List<NetworkPolicyPeer> peers) {
      return peers.stream()
          .filter(peer -> peer.getIpBlock() == null)
          .map(
              peer ->
                  new Pods(
                      Optional.ofNullable(peer.getNamespaceSelector()),
                      orAll(peer.getPodSelector())))
          .toList();
    }

    private static List<Cidr> blocks(List<NetworkPolicyPeer> peers) {
      return orNone(peers).stream()
          .filter(peer -> peer.getIpBlock() != null)
          .flatMap(peer -> block(peer.getIpBlock().getCidr()).stream())
          .toList();
    }

    /** What is no range agents report. */
    private static Optional<Cidr> block(String text) {
      try {
        return Optional.of(Cidr.parseLenient(text));
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }

    private static LabelSelector orAll(LabelSelector selector) {
      return selector == null ? new LabelSelector() : selector;
    }

    private static <T> List<T> orNone(List<T> list) {
      return list == null ? List.of() : list;
    }
  }
}
