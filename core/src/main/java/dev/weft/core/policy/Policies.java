// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The cluster's policies: of namespaces with a pod of this node with their rules, of others the
 * name and the size.
 */
final class Policies {
  /** A policy of such a namespace, and what was compiled of it. */
  static final class Active {
    private static final int MOST_SIZES = 16;

    final String namespace;
    final String name;
    final Selector pods;
    final Set<Direction> directions;
    private final byte[] packed;
    private final List<PolicyPort.Named> ownNamedPorts;
    private final Map<PolicyCompiler.Kind, Piece> pieces = new HashMap<>();
    private final Map<PolicyCompiler.Kind, Size> sizes = new HashMap<>();
    private final Map<Direction, Set<PodTerm>> terms = new EnumMap<>(Direction.class);

    Active(Policy policy, byte[] packed) {
      this.packed = packed;
      namespace = policy.namespace();
      name = policy.name();
      pods = policy.pods();
      directions = policy.directions();
      ownNamedPorts = PolicyCompiler.ownNamedPorts(policy, Direction.INGRESS);
    }

    /** All of it: large, and not kept. */
    Policy policy() {
      return PackedPolicy.unpack(namespace, name, packed);
    }

    /** What chooses the pods that it means in a direction. */
    Set<PodTerm> terms(Direction direction) {
      return terms.computeIfAbsent(direction, key -> PolicyCompiler.terms(policy(), key));
    }

    /** What it is for pods of a kind, before it is compiled. */
    private Size size(PolicyCompiler.Kind kind, PolicyTable.Bounds bounds) {
      Size known = sizes.get(kind);
      if (known == null) {
        if (sizes.size() == MOST_SIZES) {
          sizes.clear();
        }
        known = PolicyCompiler.estimate(policy(), kind, bounds);
        sizes.put(kind, known);
      }
      return known;
    }

    /** As {@code kubectl} takes it. */
    @Override
    public String toString() {
      return namespace + "/" + name;
    }
  }

  /** A policy for a pod of this node. */
  record Use(Active policy, PolicyCompiler.Kind kind) {
    static Use of(Active policy, Direction direction, OwnPod pod) {
      List<PolicyPort.Named> names =
          direction == Direction.INGRESS ? policy.ownNamedPorts : List.of();
      return new Use(policy, PolicyCompiler.kind(names, direction, pod.families, pod.pod));
    }
  }

  /**
   * A policy.
   *
   * @param packed null where its rules are not kept
   * @param size its bytes, kept or not
   */
  private record Body(byte[] packed, int size) {}

  /** The policies of a namespace. */
  private static final class Stored {
    final Map<String, Body> byName = new HashMap<>();

    /** Of all, kept or not. */
    long bytes;

    /** Null: it is gone. Returns what was there. */
    Body put(String name, Body body) {
      Body before = body == null ? byName.remove(name) : byName.put(name, body);
      bytes += (body == null ? 0 : body.size) - (before == null ? 0 : before.size);
      return before;
    }

    long unread() {
      return byName.values().stream().filter(body -> body.packed == null).count();
    }

    void forgetRules() {
      byName.replaceAll((name, body) -> new Body(null, body.size));
    }
  }

  private static final class Namespace {
    final Map<String, Active> byName = new HashMap<>();
    final SelectorIndex<Active> bySelector = new SelectorIndex<>();

    void put(Policy policy, byte[] packed) {
      Active active = new Active(policy, packed);
      byName.put(policy.name(), active);
      bySelector.add(policy.pods(), active);
    }

    void remove(String name) {
      Active active = byName.remove(name);
      if (active != null) {
        bySelector.remove(active.pods, active);
      }
    }
  }

  private final ClusterNodes nodes;
  private final PodSets sets;
  private final PolicyTable.Bounds bounds;
  private final Map<String, Stored> all = new HashMap<>();
  private final Map<String, Namespace> active = new HashMap<>();
  private final Set<Piece> pieces = new HashSet<>();
  private Set<String> kept = Set.of();
  private Set<String> tooLarge = Set.of();
  private long weight;
  private int count;

  /** Those that nothing may use any more, or not yet. */
  private final Set<Piece> idle = new HashSet<>();

  Policies(ClusterNodes nodes, PodSets sets, PolicyTable.Bounds bounds) {
    this.nodes = nodes;
    this.sets = sets;
    this.bounds = bounds;
  }

  boolean isEmpty() {
    return count == 0;
  }

  int count() {
    return count;
  }

  boolean hasAny(String namespace) {
    return all.containsKey(namespace);
  }

  /** Whether all policies of a namespace are known, with their rules. */
  boolean isComplete(String namespace) {
    Stored there = all.get(namespace);
    return there == null || kept.contains(namespace) && there.unread() == 0;
  }

  /** Whether a namespace's policies are too large beside those of the node's other namespaces. */
  boolean isTooLarge(String namespace) {
    return all.containsKey(namespace) && tooLarge.contains(namespace);
  }

  /** The namespaces of this node's pods of which policies without their rules are known. */
  Set<String> unread() {
    return kept.stream().filter(name -> !isComplete(name)).collect(Collectors.toSet());
  }

  /**
   * Keeps rules of policies of these namespaces alone, and not of the largest while all have more
   * bytes than the bound.
   *
   * @param here the namespaces of this node's pods
   * @return those whose rules are kept now and were not before, or the other way
   */
  Set<String> keep(Set<String> here) {
    Set<String> now = new HashSet<>(here);
    while (now.stream().mapToLong(this::bytes).sum() > bounds.bytes()) {
      now.remove(
          Collections.max(
              now, Comparator.comparing(this::bytes).thenComparing(Comparator.naturalOrder())));
    }
    Set<String> changed = new HashSet<>(kept);
    changed.removeAll(now);
    for (String name : changed) {
      active.remove(name);
      if (all.containsKey(name)) {
        all.get(name).forgetRules();
      }
    }
    now.stream().filter(name -> !kept.contains(name)).forEach(changed::add);
    tooLarge = new HashSet<>(here);
    tooLarge.removeAll(now);
    kept = now;
    return changed;
  }

  private long bytes(String namespace) {
    return all.containsKey(namespace) ? all.get(namespace).bytes : 0;
  }

  /**
   * Takes a policy.
   *
   * @return the one before, equal or not; empty where there was none, or its rules are not kept
   */
  Optional<Policy> put(Policy policy) {
    String name = policy.name();
    byte[] packed = PackedPolicy.pack(policy);
    Stored there = all.computeIfAbsent(policy.namespace(), key -> new Stored());
    boolean keep = kept.contains(policy.namespace());
    Body before = there.put(name, new Body(keep ? packed : null, packed.length));
    Namespace namespace = active.get(policy.namespace());
    if (namespace != null && (before == null || !Arrays.equals(packed, before.packed))) {
      namespace.remove(name);
      namespace.put(policy, packed);
    }
    count += before == null ? 1 : 0;
    return unpack(policy.namespace(), name, before);
  }

  /** Removes a policy; returns as {@link #put} does. */
  Optional<Policy> remove(String namespace, String name) {
    Stored there = all.get(namespace);
    Body before = there == null ? null : there.put(name, null);
    if (before == null) {
      return Optional.empty();
    }
    count--;
    if (there.byName.isEmpty()) {
      all.remove(namespace);
    }
    if (active.containsKey(namespace)) {
      active.get(namespace).remove(name);
    }
    return unpack(namespace, name, before);
  }

  private static Optional<Policy> unpack(String namespace, String name, Body body) {
    return body == null || body.packed == null
        ? Optional.empty()
        : Optional.of(PackedPolicy.unpack(namespace, name, body.packed));
  }

  /** The policies that select a pod of this node, by name. */
  List<Active> selecting(PolicyPod pod) {
    List<Active> selecting =
        new ArrayList<>(active(pod.namespace()).bySelector.selecting(pod.labels()));
    selecting.sort(Comparator.comparing(one -> one.name));
    return selecting;
  }

  private Namespace active(String name) {
    return active.computeIfAbsent(
        name,
        key -> {
          Namespace namespace = new Namespace();
          if (all.containsKey(name)) {
            all.get(name)
                .byName
                .forEach(
                    (policy, body) ->
                        unpack(name, policy, body)
                            .ifPresent(one -> namespace.put(one, body.packed)));
          }
          return namespace;
        });
  }

  /** How large what a policy gives to a pod is, without compiling it. */
  Size size(Use use) {
    Piece piece = use.policy.pieces.get(use.kind);
    return piece != null ? piece.size : use.policy.size(use.kind, bounds);
  }

  boolean isCompiled(Use use) {
    return use.policy.pieces.containsKey(use.kind);
  }

  /** What a policy gives to a pod; idle until it is used. */
  Piece piece(Use use) {
    Piece piece = use.policy.pieces.get(use.kind);
    if (piece == null) {
      piece = new Piece(use.policy, use.kind, nodes, sets, bounds, 2 * bounds.elements());
      use.policy.pieces.put(use.kind, piece);
      pieces.add(piece);
      weight += piece.size.weight();
      idle.add(piece);
    }
    return piece;
  }

  /** The weight of all that is compiled, in use or not. */
  long weight() {
    return weight;
  }

  /** Takes that a piece is used by nothing any more. */
  void idle(Piece piece) {
    idle.add(piece);
  }

  /** Takes that these nodes changed; returns the namespaces with policies of other clauses now. */
  Set<String> nodesChanged(List<PolicyNode> changed) {
    Set<String> namespaces = new HashSet<>();
    for (Piece piece : pieces) {
      if (piece.isChangedBy(changed, nodes)) {
        namespaces.add(piece.policy.namespace);
        forget(piece);
      }
    }
    return namespaces;
  }

  /** Drops what nothing uses. */
  void collect() {
    for (Piece piece : idle) {
      if (!piece.isUsed()) {
        piece.drop();
        if (pieces.remove(piece)) {
          weight -= piece.size.weight();
        }
        forget(piece);
      }
    }
    idle.clear();
  }

  private void forget(Piece piece) {
    Namespace namespace = active.get(piece.policy.namespace);
    Active policy = namespace == null ? null : namespace.byName.get(piece.policy.name);
    if (policy != null) {
      policy.pieces.remove(piece.kind, piece);
    }
  }
}
