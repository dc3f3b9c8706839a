// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.PolicyProgram.Member;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.core.policy.PolicyProgram.Port;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The sets that clauses name, with their members. A pod's coming, going or change costs what it
 * costs to find the sets that it is in, and those sets.
 */
final class PodSets {
  /** Who has which address now. */
  interface Holders {
    /**
     * Every address of the selected pods of a namespace, or of all (null), each with the pod that
     * has it.
     */
    void forEach(String namespace, Selector pods, BiConsumer<IpAddress, PolicyPod> action);

    /** The namespaces that are known. */
    Collection<PolicyNamespace> namespaces();

    /** The labels of a namespace; empty where it is not known. */
    Optional<Map<String, String>> labels(String namespace);
  }

  /** One set. */
  static final class Entry {
    final MemberSource source;
    final String name;
    private SharingMap<Member, Boolean> members = SharingMap.empty();

    /** As {@link #used()} last had them; null where it had not. */
    private SharingMap<Member, Boolean> published;

    /** What has clauses that name it. */
    private int keepers;

    /** How many of them are in the program. */
    private int users;

    private Entry(MemberSource source, String name) {
      this.source = source;
      this.name = name;
    }

    int size() {
      return members.size();
    }

    private MemberSet memberSet() {
      boolean withPorts = source instanceof MemberSource.Pods pods && pods.port().isPresent();
      return new MemberSet(name, source.family(), withPorts, members.keySet());
    }
  }

  /** What chooses pods, apart from the namespace, and the sets of those. */
  private static final class Chosen {
    final PodTerm term;
    final Set<Entry> sets = new LinkedHashSet<>();

    Chosen(PodTerm term) {
      this.term = term;
    }
  }

  /** Some namespaces, and what chooses pods of them. */
  private static final class Scope {
    final SelectorIndex<Chosen> chosen = new SelectorIndex<>();
  }

  private final Holders holders;
  private final ClusterNodes nodes;
  private final Map<MemberSource, Entry> bySource = new HashMap<>();
  private final Map<PodTerm, Chosen> byTerm = new HashMap<>();
  private final Map<String, Scope> ofOne = new HashMap<>();
  private final Map<Selector, Scope> ofSelected = new HashMap<>();
  private final SelectorIndex<Scope> bySelector = new SelectorIndex<>();
  private final Scope ofAll = new Scope();

  /** Of sets that have gateways. */
  private final Set<Entry> ofNodes = new HashSet<>();

  private final Set<Entry> changed = new HashSet<>();
  private SharingMap<String, MemberSet> used = SharingMap.empty();
  private int elements;
  private int inMemory;

  PodSets(Holders holders, ClusterNodes nodes) {
    this.holders = holders;
    this.nodes = nodes;
  }

  /** How many members the sets of the program have. */
  int elements() {
    return elements;
  }

  /** How many members all sets have, those that nothing uses yet or any more too. */
  int inMemory() {
    return inMemory;
  }

  /** The sets of the program. */
  SharingMap<String, MemberSet> used() {
    for (Entry entry : changed) {
      if (entry.users == 0 && entry.published != null) {
        used = used.without(entry.name);
        entry.published = null;
      }
    }
    // Only then: one that is used may have taken the place of one of its name.
    for (Entry entry : changed) {
      if (entry.users > 0 && entry.published != entry.members) {
        used = used.with(entry.name, entry.memberSet());
        entry.published = entry.members;
      }
    }
    changed.clear();
    return used;
  }

  /** The set of a source, filled; to be released as often. */
  Entry keep(MemberSource source) {
    Entry entry = bySource.get(source);
    if (entry == null) {
      entry = new Entry(source, source.name());
      bySource.put(source, entry);
      fill(entry);
    }
    entry.keepers++;
    return entry;
  }

  void release(Entry entry) {
    if (--entry.keepers == 0) {
      bySource.remove(entry.source);
      ofNodes.remove(entry);
      inMemory -= entry.size();
      if (entry.source instanceof MemberSource.Pods pods) {
        unlink(pods.term(), entry);
      }
    }
  }

  /** Makes a set part of the program; to be undone as often. */
  void use(Entry entry) {
    if (entry.users++ == 0) {
      elements += entry.size();
      changed.add(entry);
    }
  }

  void unuse(Entry entry) {
    if (--entry.users == 0) {
      elements -= entry.size();
      changed.add(entry);
    }
  }

  /** Whether a set of the program may have changed since {@link #used} was called. */
  boolean hasChanged() {
    return !changed.isEmpty();
  }

  /** Takes that an address has another pod than before, or that that is another than before. */
  void moved(IpAddress address, PolicyPod before, PolicyPod after) {
    Set<Chosen> concerned = new HashSet<>();
    if (before != null) {
      chosenBy(before, concerned);
    }
    if (after != null) {
      chosenBy(after, concerned);
    }
    for (Chosen chosen : concerned) {
      boolean was = before != null && chooses(chosen.term, before);
      boolean is = after != null && chooses(chosen.term, after);
      for (Entry entry : chosen.sets) {
        MemberSource.Pods source = (MemberSource.Pods) entry.source;
        List<Member> old = was ? members(source, address, before) : List.of();
        List<Member> now = is ? members(source, address, after) : List.of();
        replace(entry, old, now);
      }
    }
  }

  /**
   * Takes that a namespace has other labels than before, or is known now, or not any more; to be
   * called after that.
   */
  void relabelled(String namespace, Map<String, String> before, Map<String, String> after) {
    Set<Scope> was = before == null ? Set.of() : new HashSet<>(bySelector.selecting(before));
    Set<Scope> is = after == null ? Set.of() : new HashSet<>(bySelector.selecting(after));
    List<Scope> lost = was.stream().filter(scope -> !is.contains(scope)).toList();
    List<Scope> won = is.stream().filter(scope -> !was.contains(scope)).toList();
    if (lost.isEmpty() && won.isEmpty()) {
      return;
    }
    holders.forEach(
        namespace,
        Selector.ALL,
        (address, pod) -> {
          lost.forEach(scope -> inScope(scope, address, pod, false));
          won.forEach(scope -> inScope(scope, address, pod, true));
        });
  }

  private void inScope(Scope scope, IpAddress address, PolicyPod pod, boolean is) {
    for (Chosen chosen : scope.chosen.selecting(pod.labels())) {
      for (Entry entry : chosen.sets) {
        List<Member> members = members((MemberSource.Pods) entry.source, address, pod);
        replace(entry, is ? List.of() : members, is ? members : List.of());
      }
    }
  }

  /** Takes that these nodes were, or are, others than before. */
  void nodesChanged(Collection<PolicyNode> nodes) {
    for (Entry entry : ofNodes) {
      if (!ClusterNodes.concerns(nodes, span(entry.source))) {
        continue;
      }
      Map<Member, Boolean> now = ofNodes(entry.source);
      SharingMap.onlyIn(entry.members.keySet(), now.keySet())
          .forEach(gone -> replace(entry, List.of(gone), List.of()));
      SharingMap.onlyIn(now.keySet(), entry.members.keySet())
          .forEach(come -> replace(entry, List.of(), List.of(come)));
    }
  }

  private static Span span(MemberSource ofNodes) {
    if (ofNodes instanceof MemberSource.Gateways gateways) {
      return gateways.range();
    }
    return ofNodes instanceof MemberSource.Excepted excepted
        ? excepted.range()
        : ((MemberSource.Hosts) ofNodes).hosts();
  }

  private void replace(Entry entry, List<Member> old, List<Member> now) {
    if (old.equals(now)) {
      return;
    }
    int before = entry.size();
    for (Member member : old) {
      entry.members = entry.members.without(member);
    }
    for (Member member : now) {
      entry.members = entry.members.with(member, true);
    }
    inMemory += entry.size() - before;
    if (entry.users > 0) {
      elements += entry.size() - before;
      changed.add(entry);
    }
  }

  private void fill(Entry entry) {
    Map<Member, Boolean> members = new HashMap<>();
    if (entry.source instanceof MemberSource.Pods source) {
      link(source.term(), entry);
      BiConsumer<IpAddress, PolicyPod> add =
          (address, pod) ->
              members(source, address, pod).forEach(member -> members.put(member, true));
      Selector pods = source.term().pods();
      if (source.term().namespaces().isPresent()) {
        Selector selector = source.term().namespaces().get();
        for (PolicyNamespace namespace : holders.namespaces()) {
          if (selector.matches(namespace.labels())) {
            holders.forEach(namespace.name(), pods, add);
          }
        }
      } else {
        holders.forEach(source.term().namespace().orElse(null), pods, add);
      }
    } else {
      ofNodes.add(entry);
      members.putAll(ofNodes(entry.source));
    }
    entry.members = SharingMap.of(members);
    inMemory += entry.size();
  }

  private Map<Member, Boolean> ofNodes(MemberSource source) {
    Map<Member, Boolean> members = new HashMap<>();
    if (source instanceof MemberSource.Gateways gateways) {
      nodes.meantBy(gateways.range()).forEach(one -> members.put(Member.of(one), true));
    } else if (source instanceof MemberSource.Excepted excepted) {
      nodes.excepted(excepted.range()).forEach(one -> members.put(Member.of(one), true));
    } else if (source instanceof MemberSource.Hosts hosts) {
      hosts.hosts().addresses().forEach(one -> members.put(Member.of(one), true));
      nodes.meantBy(hosts.hosts()).forEach(one -> members.put(Member.of(one), true));
    }
    return members;
  }

  /** What an address is in a set, where its pod is chosen. */
  private static List<Member> members(MemberSource.Pods source, IpAddress address, PolicyPod pod) {
    if (address.family() != source.family()
        || source.within().isPresent() && !source.within().get().contains(address)) {
      return List.of();
    }
    if (source.port().isEmpty()) {
      return List.of(Member.of(address));
    }
    PolicyPort.Named port = source.port().get();
    return PolicyCompiler.numbers(pod, port).stream()
        .map(number -> new Member(address, Optional.of(new Port(port.protocol(), number))))
        .toList();
  }

  private void chosenBy(PolicyPod pod, Set<Chosen> into) {
    Map<String, String> labels = pod.labels();
    into.addAll(ofAll.chosen.selecting(labels));
    Scope one = ofOne.get(pod.namespace());
    if (one != null) {
      into.addAll(one.chosen.selecting(labels));
    }
    Optional<Map<String, String>> namespace = holders.labels(pod.namespace());
    if (namespace.isPresent()) {
      for (Scope scope : bySelector.selecting(namespace.get())) {
        into.addAll(scope.chosen.selecting(labels));
      }
    }
  }

  private boolean chooses(PodTerm term, PolicyPod pod) {
    if (!term.pods().matches(pod.labels())) {
      return false;
    }
    if (term.namespace().isPresent()) {
      return term.namespace().get().equals(pod.namespace());
    }
    return term.namespaces().isEmpty()
        || holders
            .labels(pod.namespace())
            .filter(labels -> term.namespaces().get().matches(labels))
            .isPresent();
  }

  private void link(PodTerm term, Entry entry) {
    Chosen chosen = byTerm.get(term);
    if (chosen == null) {
      chosen = new Chosen(term);
      byTerm.put(term, chosen);
      scope(term).chosen.add(term.pods(), chosen);
    }
    chosen.sets.add(entry);
  }

  private Scope scope(PodTerm term) {
    if (term.namespace().isPresent()) {
      return ofOne.computeIfAbsent(term.namespace().get(), key -> new Scope());
    }
    if (term.namespaces().isEmpty()) {
      return ofAll;
    }
    return ofSelected.computeIfAbsent(
        term.namespaces().get(),
        selector -> {
          Scope scope = new Scope();
          bySelector.add(selector, scope);
          return scope;
        });
  }

  private void unlink(PodTerm term, Entry entry) {
    Chosen chosen = byTerm.get(term);
    chosen.sets.remove(entry);
    if (!chosen.sets.isEmpty()) {
      return;
    }
    byTerm.remove(term);
    Scope scope = scope(term);
    scope.chosen.remove(term.pods(), chosen);
    if (scope.chosen.isEmpty()) {
      term.namespace().ifPresent(ofOne::remove);
      term.namespaces()
          .ifPresent(
              selector -> {
                ofSelected.remove(selector);
                bySelector.remove(selector, scope);
              });
    }
  }
}
