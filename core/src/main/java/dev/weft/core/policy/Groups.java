// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.PolicyProgram.Clause;
import dev.weft.core.policy.PolicyProgram.Group;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The groups of this node's pods, by their content, and which pod is in which. */
final class Groups {
  static final String TOO_MANY_CLAUSES = "TooManyClauses";
  static final String RULES_TOO_LARGE = "RulesTooLarge";
  static final String TOO_MUCH_WEIGHT = "NodeRulesTooLarge";
  static final String TOO_MANY_GROUPS = "TooManyGroups";
  static final String TOO_MANY_ELEMENTS = "TooManyElements";

  /** A group, and how many pods are in it. */
  static final class Used {
    final Group group;
    final List<Piece> pieces;
    private int pods;

    private Used(Group group, List<Piece> pieces) {
      this.group = group;
      this.pieces = pieces;
    }

    long weight() {
      return pieces.stream().mapToLong(piece -> piece.size.weight()).sum();
    }

    int elements() {
      return pieces.stream().mapToInt(Piece::elements).sum();
    }
  }

  private final Policies policies;
  private final PodSets sets;
  private final PolicyTable.Bounds bounds;
  private final Map<String, Used> byName = new HashMap<>();
  private final Set<Used> touched = new HashSet<>();
  private SharingMap<String, Group> groups = SharingMap.empty();
  private SharingMap<IpAddress, String> ingress = SharingMap.empty();
  private SharingMap<IpAddress, String> egress = SharingMap.empty();
  private int inUse;
  private long weight;

  /** Names of the pieces' lists of this pass: pods with the same policies have the same list. */
  private final Map<List<Piece>, String> names = new HashMap<>();

  Groups(Policies policies, PodSets sets, PolicyTable.Bounds bounds) {
    this.policies = policies;
    this.sets = sets;
    this.bounds = bounds;
  }

  SharingMap<String, Group> groups() {
    return groups;
  }

  SharingMap<IpAddress, String> of(Direction direction) {
    return direction == Direction.INGRESS ? ingress : egress;
  }

  int inUse() {
    return inUse;
  }

  /** Of the clauses of all groups in use. */
  long weight() {
    return weight;
  }

  /** The group in use with the most members in its sets; null where none has any. */
  Used largest() {
    return byName.values().stream()
        .filter(used -> used.pods > 0 && used.elements() > 0)
        .max(Comparator.comparingInt(Used::elements).thenComparing(used -> used.group.name()))
        .orElse(null);
  }

  /** Takes a pod out of its groups; what is in the program of it is to be set again. */
  void leave(OwnPod pod) {
    leave(pod.ingress);
    leave(pod.egress);
    pod.ingress = null;
    pod.egress = null;
  }

  private void leave(Used used) {
    if (used != null) {
      touched.add(used);
      if (--used.pods == 0) {
        inUse--;
        weight -= used.weight();
        used.pieces.forEach(Piece::unuse);
      }
    }
  }

  /**
   * Puts a pod that is in none into the groups of these pieces, or closes it where a bound is
   * reached.
   *
   * @param pieces none of a direction: no policy selects it in that
   */
  void enter(OwnPod pod, Map<Direction, List<Piece>> pieces) {
    pod.closed = null;
    for (Direction direction : Direction.values()) {
      if (pieces.containsKey(direction) && pod.closed == null) {
        Used used = enter(pod, direction, pieces.get(direction));
        if (direction == Direction.INGRESS) {
          pod.ingress = used;
        } else {
          pod.egress = used;
        }
      }
    }
    if (pod.closed != null) {
      leave(pod);
    }
    publish(pod);
  }

  /**
   * Why a pod of these policies cannot be in any group, without compiling them. What is not
   * compiled yet is taken for a group of its own.
   */
  Optional<OwnPod.Closed> tooLarge(Map<Direction, List<Policies.Use>> uses) {
    long added = 0;
    for (Map.Entry<Direction, List<Policies.Use>> entry : uses.entrySet()) {
      Size all = Size.NONE;
      for (Policies.Use use : entry.getValue()) {
        Size size = policies.size(use);
        if (bounds.isOver(size)) {
          return Optional.of(tooLarge(entry.getKey(), size, Optional.of(use.policy())));
        }
        all = all.plus(size);
      }
      if (bounds.isOver(all)) {
        return Optional.of(tooLarge(entry.getKey(), all, Optional.empty()));
      }
      if (!entry.getValue().stream().allMatch(policies::isCompiled)) {
        added += all.weight();
      }
    }
    return weight + added > bounds.weight() ? Optional.of(tooMuchWeight()) : Optional.empty();
  }

  /** Closes a pod that is in no group. */
  void close(OwnPod pod, OwnPod.Closed why) {
    pod.closed = why;
    publish(pod);
  }

  /** Takes a pod that is in no group out of the program. */
  void forget(OwnPod pod) {
    for (IpAddress address : pod.addresses) {
      ingress = ingress.without(address);
      egress = egress.without(address);
    }
  }

  private void publish(OwnPod pod) {
    for (IpAddress address : pod.addresses) {
      ingress = published(ingress, address, pod, pod.ingress);
      egress = published(egress, address, pod, pod.egress);
    }
  }

  private static SharingMap<IpAddress, String> published(
      SharingMap<IpAddress, String> map, IpAddress address, OwnPod pod, Used used) {
    if (pod.closed != null) {
      return map.with(address, PolicyProgram.CLOSED);
    }
    return used == null ? map.without(address) : map.with(address, used.group.name());
  }

  private Used enter(OwnPod pod, Direction direction, List<Piece> pieces) {
    for (Piece piece : pieces) {
      if (bounds.isOver(piece.size)) {
        pod.closed = tooLarge(direction, piece.size, Optional.of(piece.policy));
      } else if (piece.tooManyElements) {
        pod.closed = tooManyElements(Optional.of(piece.policy));
      }
      if (pod.closed != null) {
        return null;
      }
    }
    Size size = pieces.stream().map(piece -> piece.size).reduce(Size.NONE, Size::plus);
    if (bounds.isOver(size)) {
      pod.closed = tooLarge(direction, size, Optional.empty());
      return null;
    }
    Used used = used(direction, pieces);
    touched.add(used);
    if (used.pods == 0) {
      if (inUse >= bounds.groups()) {
        pod.closed =
            new OwnPod.Closed(
                TOO_MANY_GROUPS,
                "this node's pods have more than %d different sets of NetworkPolicies; have fewer"
                        .formatted(bounds.groups())
                    + " such pods on a node, or select them by common labels");
        return null;
      }
      if (weight + used.weight() > bounds.weight()) {
        pod.closed = tooMuchWeight();
        return null;
      }
      used.pieces.forEach(Piece::use);
      if (sets.elements() > bounds.elements()) {
        used.pieces.forEach(Piece::unuse);
        pod.closed = tooManyElements(Optional.empty());
        return null;
      }
      inUse++;
      weight += used.weight();
    }
    used.pods++;
    return used;
  }

  private OwnPod.Closed tooMuchWeight() {
    return new OwnPod.Closed(
        TOO_MUCH_WEIGHT,
        "the rules of all pods of this node would weigh more than %d (each peer of a rule 1, with several ports or exceptions 3 and more); have fewer such pods on a node, or select them by common labels"
            .formatted(bounds.weight()));
  }

  private OwnPod.Closed tooLarge(Direction direction, Size size, Optional<Policies.Active> policy) {
    if (size.clauses() <= bounds.clauses()) {
      return new OwnPod.Closed(
          RULES_TOO_LARGE,
          "%s for %s weigh more than %d (each peer with several ports or exceptions 3 and more); use ranges of ports, fewer exceptions, or wider ranges of addresses"
              .formatted(whose(policy), direction, bounds.weight()),
          policy);
    }
    return new OwnPod.Closed(
        TOO_MANY_CLAUSES,
        "%s for %s make more than %d clauses (each peer of a rule is one, of pods one for each family); use labels or wider ranges"
            .formatted(whose(policy), direction, bounds.clauses()),
        policy);
  }

  /** Of the pods of all peers. */
  OwnPod.Closed tooManyElements(Optional<Policies.Active> policy) {
    return new OwnPod.Closed(
        TOO_MANY_ELEMENTS,
        "%s would make the addresses of all peers more than %d; select fewer peers"
            .formatted(whose(policy), bounds.elements()),
        policy);
  }

  private static String whose(Optional<Policies.Active> policy) {
    return policy.map(one -> "the rules of NetworkPolicy " + one).orElse("its NetworkPolicies");
  }

  private Used used(Direction direction, List<Piece> pieces) {
    String name = names.computeIfAbsent(pieces, key -> name(direction, pieces));
    return byName.computeIfAbsent(
        name,
        key -> {
          List<Clause> clauses = new ArrayList<>();
          pieces.forEach(piece -> clauses.addAll(piece.clauses));
          return new Used(new Group(name, direction, clauses), pieces);
        });
  }

  private static String name(Direction direction, List<Piece> pieces) {
    byte[] all = new byte[pieces.stream().mapToInt(piece -> piece.digest.length).sum()];
    int length = 0;
    for (Piece piece : pieces) {
      System.arraycopy(piece.digest, 0, all, length, piece.digest.length);
      length += piece.digest.length;
    }
    return (direction == Direction.INGRESS ? "in-" : "out-") + MemberSource.digest(all);
  }

  /** Drops groups that no pod is in, and publishes the others. */
  void collect() {
    names.clear();
    for (Used used : touched) {
      String name = used.group.name();
      if (used.pods > 0) {
        groups = groups.with(name, used.group);
      } else {
        groups = groups.without(name);
        byName.remove(name);
        used.pieces.stream().filter(piece -> !piece.isUsed()).forEach(policies::idle);
      }
    }
    touched.clear();
  }
}
