// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** From a policy's rules to clauses. */
final class PolicyCompiler {
  /**
   * From so many ranges of single addresses of a family on, a rule's are one set: fewer cost less
   * as clauses.
   */
  static final int MIN_HOSTS = 8;

  /** What differs between two pods that a policy selects. */
  record Kind(Direction direction, Set<Family> families, List<List<Integer>> namedPorts) {}

  /** Whom a clause is about, before its ports. */
  private sealed interface OtherEnd {
    record Everyone() implements OtherEnd {}

    record Chosen(PodTerm term, Family family) implements OtherEnd {}

    record Spanned(Span span) implements OtherEnd {}
  }

  private final Policy policy;
  private final Kind kind;
  private final ClusterNodes nodes;
  private final PolicyTable.Bounds bounds;
  private Size size = Size.NONE;
  private final Map<Clause, List<PolicyPeer>> clauses = new LinkedHashMap<>();
  private final Map<String, MemberSource> sources = new LinkedHashMap<>();
  private final List<Span.Range> ranges = new ArrayList<>();

  /** By name, what an ingress rule's named ports are in the pods of this kind. */
  private final Map<PolicyPort.Named, List<Integer>> namedPorts = new LinkedHashMap<>();

  private PolicyCompiler(Policy policy, Kind kind, ClusterNodes nodes, PolicyTable.Bounds bounds) {
    this.policy = policy;
    this.kind = kind;
    this.nodes = nodes;
    this.bounds = bounds;
    List<PolicyPort.Named> names = ownNamedPorts(policy, kind.direction());
    for (int i = 0; i < names.size(); i++) {
      namedPorts.put(names.get(i), kind.namedPorts().get(i));
    }
  }

  /**
   * What a pod of this node that a policy selects is to it.
   *
   * @param ownNamedPorts the policy's
   */
  static Kind kind(
      List<PolicyPort.Named> ownNamedPorts,
      Direction direction,
      Set<Family> families,
      PolicyPod pod) {
    return new Kind(
        direction, families, ownNamedPorts.stream().map(port -> numbers(pod, port)).toList());
  }

  /** The numbers of a pod's ports with a name and protocol, sorted. */
  static List<Integer> numbers(PolicyPod pod, PolicyPort.Named port) {
    if (pod.ports().isEmpty()) {
      return List.of();
    }
    return pod.ports().stream()
        .filter(one -> one.protocol() == port.protocol() && one.name().equals(port.name()))
        .map(PolicyPod.NamedPort::number)
        .distinct()
        .sorted()
        .toList();
  }

  /** What a policy accepts for pods of a kind, as far as the bounds of a group allow. */
  static Compiled compile(Policy policy, Kind kind, ClusterNodes nodes, PolicyTable.Bounds bounds) {
    PolicyCompiler compiler = new PolicyCompiler(policy, kind, nodes, bounds);
    List<PolicyRule> rules = policy.rules(kind.direction());
    for (int i = 0; i < rules.size() && !compiler.isOver(); i++) {
      compiler.rule(i, rules.get(i));
    }
    return new Compiled(
        List.copyOf(compiler.clauses.keySet()),
        List.copyOf(compiler.clauses.values()),
        compiler.sources.values(),
        compiler.ranges,
        compiler.size,
        compiler.isOver());
  }

  /**
   * How large what {@link #compile} makes is, without the clauses of gateways; of what is over the
   * bounds of a group only that it is.
   */
  static Size estimate(Policy policy, Kind kind, PolicyTable.Bounds bounds) {
    PolicyCompiler compiler = new PolicyCompiler(policy, kind, new ClusterNodes(), bounds);
    for (PolicyRule rule : policy.rules(kind.direction())) {
      if (!compiler.isOver()) {
        compiler.estimate(rule);
      }
    }
    return compiler.size;
  }

  private void estimate(PolicyRule rule) {
    List<PortRange> ports = ports(rule);
    int names = names(rule).size();
    for (OtherEnd end : ends(rule).keySet()) {
      if (rule.ports().isEmpty() || !ports.isEmpty()) {
        size = size.plus(Size.of(ports, exceptions(end)));
      }
      int sets = end instanceof OtherEnd.Everyone ? names * kind.families().size() : names;
      size = size.plus(new Size(sets, sets));
    }
  }

  /** What chooses the pods that a policy means in a direction. */
  static Set<PodTerm> terms(Policy policy, Direction direction) {
    Set<PodTerm> terms = new HashSet<>();
    for (PolicyRule rule : policy.rules(direction)) {
      boolean namedPort =
          direction == Direction.EGRESS
              && rule.ports().stream().anyMatch(PolicyPort.Named.class::isInstance);
      if (namedPort && rule.peers().isEmpty()) {
        terms.add(PodTerm.EVERY);
      }
      for (PolicyPeer peer : rule.peers()) {
        if (peer instanceof PolicyPeer.Pods pods) {
          terms.add(PodTerm.of(pods, policy.namespace()));
        } else if (namedPort) {
          terms.add(PodTerm.EVERY);
        }
      }
    }
    return terms;
  }

  /** The named ports that the selected pods' own containers have, or not. */
  static List<PolicyPort.Named> ownNamedPorts(Policy policy, Direction direction) {
    if (direction == Direction.EGRESS) {
      return List.of();
    }
    return policy.rules(direction).stream()
        .flatMap(rule -> rule.ports().stream())
        .filter(PolicyPort.Named.class::isInstance)
        .map(PolicyPort.Named.class::cast)
        .distinct()
        .toList();
  }

  private boolean isOver() {
    return bounds.isOver(size);
  }

  private void rule(int index, PolicyRule rule) {
    List<PortRange> ports = ports(rule);
    List<PolicyPort.Named> names = names(rule);
    boolean anyNumber = rule.ports().isEmpty();
    ends(rule)
        .forEach(
            (end, peers) -> {
              if (isOver()) {
                return;
              }
              if (anyNumber || !ports.isEmpty()) {
                numbered(index, end, ports, peers);
              }
              for (PolicyPort.Named name : names) {
                named(index, end, name, peers);
              }
            });
  }

  private static int exceptions(OtherEnd end) {
    return end instanceof OtherEnd.Spanned spanned && spanned.span() instanceof Span.Range range
        ? range.except().size()
        : 0;
  }

  /** The ports of a rule that are looked up in the pods at the other end. */
  private List<PolicyPort.Named> names(PolicyRule rule) {
    return kind.direction() == Direction.INGRESS
        ? List.of()
        : rule.ports().stream()
            .filter(PolicyPort.Named.class::isInstance)
            .map(PolicyPort.Named.class::cast)
            .distinct()
            .toList();
  }

  /** Whom a rule is about, each with the peers that it comes from. */
  private Map<OtherEnd, List<PolicyPeer>> ends(PolicyRule rule) {
    Map<OtherEnd, List<PolicyPeer>> ends = new LinkedHashMap<>();
    if (rule.peers().isEmpty()) {
      ends.put(new OtherEnd.Everyone(), List.of());
      return ends;
    }
    Map<Family, List<PolicyPeer>> hosts = hosts(rule);
    hosts.values().forEach(many -> ends.put(new OtherEnd.Spanned(span(many)), many));
    for (PolicyPeer peer : rule.peers()) {
      if (peer instanceof PolicyPeer.Pods pods) {
        PodTerm term = PodTerm.of(pods, policy.namespace());
        for (Family family : kind.families()) {
          ends.putIfAbsent(new OtherEnd.Chosen(term, family), List.of(peer));
        }
      } else if (peer instanceof PolicyPeer.Range range
          && kind.families().contains(family(range))) {
        boolean isAmongHosts = isHost(range) && hosts.containsKey(family(range));
        if (!isAmongHosts) {
          Span.Range.of(range)
              .ifPresent(span -> ends.putIfAbsent(new OtherEnd.Spanned(span), List.of(peer)));
        }
      }
    }
    return ends;
  }

  /** The families of which a rule has many single addresses, and the peers that are such. */
  private Map<Family, List<PolicyPeer>> hosts(PolicyRule rule) {
    Map<Family, List<PolicyPeer>> hosts = new LinkedHashMap<>();
    for (PolicyPeer peer : rule.peers()) {
      if (peer instanceof PolicyPeer.Range range && isHost(range)) {
        hosts.computeIfAbsent(family(range), key -> new ArrayList<>()).add(peer);
      }
    }
    hosts.keySet().retainAll(kind.families());
    hosts.values().removeIf(peers -> peers.size() < MIN_HOSTS);
    return hosts;
  }

  private static Family family(PolicyPeer.Range range) {
    return range.cidr().family();
  }

  private static boolean isHost(PolicyPeer.Range range) {
    return range.cidr().prefixLength() == family(range).bits() && range.except().isEmpty();
  }

  private static Span span(List<PolicyPeer> hosts) {
    List<IpAddress> addresses = new ArrayList<>();
    for (PolicyPeer peer : hosts) {
      Cidr cidr = ((PolicyPeer.Range) peer).cidr();
      addresses.add(cidr.address());
    }
    return new Span.Hosts(addresses);
  }

  private void numbered(int rule, OtherEnd end, List<PortRange> ports, List<PolicyPeer> peers) {
    if (end instanceof OtherEnd.Everyone) {
      add(rule, new Peer.Anyone(), ports, peers);
    } else if (end instanceof OtherEnd.Chosen chosen) {
      MemberSource source =
          new MemberSource.Pods(chosen.term(), chosen.family(), Optional.empty(), Optional.empty());
      add(rule, addresses(source), ports, peers);
    } else if (end instanceof OtherEnd.Spanned spanned) {
      if (spanned.span() instanceof Span.Range range) {
        Optional<String> excepted =
            nodes.excepted(range).isEmpty()
                ? Optional.empty()
                : Optional.of(use(new MemberSource.Excepted(range)));
        add(rule, new Peer.Range(range.cidr(), range.except(), excepted), ports, peers);
        ranges.add(range);
        if (!nodes.meantBy(range).isEmpty()) {
          add(rule, addresses(new MemberSource.Gateways(range)), ports, peers);
        }
      } else if (spanned.span() instanceof Span.Hosts hosts) {
        add(rule, addresses(new MemberSource.Hosts(hosts)), ports, peers);
      }
    }
  }

  /** To the pods that have a named port, on that: no node has any. */
  private void named(int rule, OtherEnd end, PolicyPort.Named port, List<PolicyPeer> peers) {
    Optional<PolicyPort.Named> named = Optional.of(port);
    if (end instanceof OtherEnd.Everyone) {
      for (Family family : kind.families()) {
        withPorts(
            rule, new MemberSource.Pods(PodTerm.EVERY, family, named, Optional.empty()), peers);
      }
    } else if (end instanceof OtherEnd.Chosen chosen) {
      withPorts(
          rule,
          new MemberSource.Pods(chosen.term(), chosen.family(), named, Optional.empty()),
          peers);
    } else if (end instanceof OtherEnd.Spanned spanned) {
      Span span = spanned.span();
      withPorts(
          rule,
          new MemberSource.Pods(PodTerm.EVERY, span.family(), named, Optional.of(span)),
          peers);
    }
  }

  private Peer addresses(MemberSource source) {
    return new Peer.Addresses(use(source), source.family());
  }

  private void withPorts(int rule, MemberSource source, List<PolicyPeer> peers) {
    add(rule, new Peer.AddressesWithPorts(use(source), source.family()), List.of(), peers);
  }

  private String use(MemberSource source) {
    String name = source.name();
    sources.put(name, source);
    return name;
  }

  private void add(int rule, Peer peer, List<PortRange> ports, List<PolicyPeer> peers) {
    Clause clause = new Clause(policy.toString(), rule, peer, ports);
    if (clauses.putIfAbsent(clause, peers) == null) {
      int exceptions = peer instanceof Peer.Range range ? range.except().size() : 0;
      size = size.plus(Size.of(ports, exceptions));
    }
  }

  /** The numbers of a rule's ports: sorted, none touches another. Its clauses share the list. */
  private List<PortRange> ports(PolicyRule rule) {
    List<PortRange> all = new ArrayList<>();
    for (PolicyPort port : rule.ports()) {
      if (port instanceof PolicyPort.Numbers numbers) {
        all.add(new PortRange(numbers.protocol(), numbers.first(), numbers.last()));
      } else if (port instanceof PolicyPort.Named named) {
        for (int number : namedPorts.getOrDefault(named, List.of())) {
          all.add(new PortRange(named.protocol(), number, number));
        }
      }
    }
    all.sort(Comparator.comparing(PortRange::protocol).thenComparing(PortRange::first));
    List<PortRange> merged = new ArrayList<>();
    for (PortRange next : all) {
      PortRange last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (last != null && last.protocol() == next.protocol() && next.first() <= last.last() + 1) {
        int end = Math.max(last.last(), next.last());
        merged.set(merged.size() - 1, new PortRange(last.protocol(), last.first(), end));
      } else {
        merged.add(next);
      }
    }
    return List.copyOf(merged);
  }
}
