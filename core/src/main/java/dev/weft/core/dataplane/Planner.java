// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The ordered steps from an actual state to a desired one. It knows no kind: what differs between
 * them is in each {@link Kind}.
 *
 * <p>What nobody needs is removed first, the highest rank before the others; then what is missing
 * or different is added or replaced, the lowest rank first; last go the foundations that nobody
 * needs any more. An object takes the place of one with the same key in one step, so that no other
 * comes in between.
 */
public final class Planner {
  private static final Comparator<Kind<?>> BY_RANK =
      Comparator.<Kind<?>>comparingInt(Kind::rank).thenComparing(Kind::name);

  private final NodeState desired;
  private final NodeState actual;
  private final InFlight inFlight;

  /** The steps of the kinds before the one that is being planned. */
  private final List<Change<?>> planned = new ArrayList<>();

  private final List<List<Change<?>>> removals = new ArrayList<>();
  private final List<Change<?>> additions = new ArrayList<>();
  private final List<List<Change<?>>> foundations = new ArrayList<>();

  private Planner(NodeState desired, NodeState actual, InFlight inFlight) {
    this.desired = desired;
    this.actual = actual;
    this.inFlight = inFlight;
  }

  /**
   * Plans the steps; none where the states are equal but for what is in flight.
   *
   * @param inFlight whose objects are left as they are, and whose foundations are not removed
   */
  public static List<Change<?>> plan(NodeState desired, NodeState actual, InFlight inFlight) {
    return new Planner(desired, actual, inFlight).plan();
  }

  private List<Change<?>> plan() {
    Set<Kind<?>> kinds = new HashSet<>(desired.kinds());
    kinds.addAll(actual.kinds());
    kinds.stream().sorted(BY_RANK).forEach(this::plan);
    List<Change<?>> steps = new ArrayList<>();
    inReverse(removals).forEach(steps::addAll);
    steps.addAll(additions);
    inReverse(foundations).forEach(steps::addAll);
    return List.copyOf(steps);
  }

  private static Stream<List<Change<?>>> inReverse(List<List<Change<?>>> lists) {
    return Stream.iterate(lists.size() - 1, i -> i >= 0, i -> i - 1).map(lists::get);
  }

  private <T> void plan(Kind<T> kind) {
    Set<T> wanted = desired.of(kind);
    Set<T> there = kind.kept(actual.of(kind), planned);
    if (wanted.equals(there)) {
      return;
    }
    List<Change<?>> removed = new ArrayList<>();
    List<Change<?>> added = new ArrayList<>();
    if (there.isEmpty()) {
      wanted.stream()
          .filter(object -> kind.isAdded() && !isLeftToCalls(kind, object))
          .forEach(object -> added.add(Change.add(kind, object)));
    } else {
      compare(kind, wanted, there, removed, added);
    }
    planned.addAll(removed);
    planned.addAll(added);
    additions.addAll(added);
    (kind.isFoundation() ? foundations : removals).add(removed);
  }

  /** What an ADD or DEL works on is its own, but for what others need too. */
  private <T> boolean isLeftToCalls(Kind<T> kind, T object) {
    return !kind.isFoundation() && isInFlight(kind, object);
  }

  private <T> void compare(
      Kind<T> kind, Set<T> wanted, Set<T> there, List<Change<?>> removed, List<Change<?>> added) {
    Map<Object, T> missing = new LinkedHashMap<>();
    for (T object : wanted) {
      if (!there.contains(object) && !isLeftToCalls(kind, object)) {
        missing.put(kind.key(object), object);
      }
    }
    Map<Object, T> replaced = replaced(kind, wanted, there, missing, removed);
    for (Map.Entry<Object, T> entry : missing.entrySet()) {
      T before = replaced.get(entry.getKey());
      if (before != null) {
        added.add(Change.replace(kind, before, entry.getValue()));
      } else if (kind.isAdded()) {
        added.add(Change.add(kind, entry.getValue()));
      }
    }
  }

  /**
   * Sorts out what is there and not wanted: what is in the place of a missing object is replaced by
   * it, the rest removed. Takes from the missing objects those that are there but for what their
   * kind does not mind.
   */
  private <T> Map<Object, T> replaced(
      Kind<T> kind, Set<T> wanted, Set<T> there, Map<Object, T> missing, List<Change<?>> removed) {
    Map<Object, T> replaced = new HashMap<>();
    for (T object : there) {
      T instead = wanted.contains(object) ? object : missing.get(kind.key(object));
      if (instead == null) {
        if (!isInFlight(kind, object) && kind.isRemovable(object, desired)) {
          removed.add(Change.remove(kind, object));
        }
      } else if (kind.isSame(object, instead)) {
        missing.remove(kind.key(object));
      } else if (!isLeftToCalls(kind, object)) {
        T other = replaced.put(kind.key(object), object);
        if (other != null) {
          removed.add(Change.remove(kind, other));
        }
      }
    }
    replaced.forEach(
        (key, object) -> {
          if (!missing.containsKey(key)) {
            removed.add(Change.remove(kind, object));
          }
        });
    return replaced;
  }

  private <T> boolean isInFlight(Kind<T> kind, T object) {
    return kind.isInFlight(object, inFlight);
  }
}
