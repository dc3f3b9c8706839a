// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What of a node's network is ours, by kind: as it should be, or as the kernel reports it.
 * Immutable. A desired state has no two objects of one kind and key.
 */
public final class NodeState {
  /** A node on which nothing is ours. */
  public static final NodeState EMPTY = new NodeState(Map.of());

  /** Of each kind at least one object. */
  private final Map<Kind<?>, Set<?>> objects;

  private NodeState(Map<Kind<?>, Set<?>> objects) {
    this.objects = objects;
  }

  /** The kinds of which there are objects. */
  public Set<Kind<?>> kinds() {
    return objects.keySet();
  }

  /** The objects of a kind. */
  @SuppressWarnings("unchecked")
  public <T> Set<T> of(Kind<T> kind) {
    return (Set<T>) objects.getOrDefault(kind, Set.of());
  }

  /** The object of a kind of which a node has one at most. */
  public <T> Optional<T> only(Kind<T> kind) {
    return of(kind).stream().findFirst();
  }

  /** The objects of a kind by their keys, of which none may be there twice. */
  public <T> Map<Object, T> byKey(Kind<T> kind) {
    return of(kind).stream().collect(Collectors.toMap(kind::key, object -> object));
  }

  /** The same state with these objects of a kind in place of those that it has. */
  public <T> NodeState with(Kind<T> kind, Collection<? extends T> newObjects) {
    return new Builder(this).set(kind, newObjects).build();
  }

  /** A state to be filled. */
  public static Builder builder() {
    return new Builder(EMPTY);
  }

  /** Collects the objects of a state. */
  public static final class Builder {
    private final Map<Kind<?>, Set<Object>> objects = new HashMap<>();

    /** Whether the sets are those of a state, which must not change: they are copied before. */
    private boolean built;

    private Builder(NodeState from) {
      from.objects.forEach((kind, set) -> objects.put(kind, new HashSet<>(set)));
    }

    /** The objects of a kind that were added so far. */
    @SuppressWarnings("unchecked")
    public <T> Set<T> of(Kind<T> kind) {
      return Collections.unmodifiableSet((Set<T>) objects.getOrDefault(kind, Set.of()));
    }

    /** Adds an object. */
    public <T> Builder add(Kind<T> kind, T object) {
      mutable(kind).add(object);
      return this;
    }

    /** Adds objects. */
    public <T> Builder addAll(Kind<T> kind, Collection<? extends T> added) {
      mutable(kind).addAll(added);
      return this;
    }

    private Set<Object> mutable(Kind<?> kind) {
      if (built) {
        objects.replaceAll((any, set) -> new HashSet<>(set));
        built = false;
      }
      return objects.computeIfAbsent(kind, any -> new HashSet<>());
    }

    /** Has these objects in place of those of a kind that were added before. */
    public <T> Builder set(Kind<T> kind, Collection<? extends T> only) {
      objects.put(kind, new HashSet<>(only));
      return this;
    }

    /** The state. */
    public NodeState build() {
      Map<Kind<?>, Set<?>> copy = new HashMap<>();
      objects.forEach(
          (kind, set) -> {
            if (!set.isEmpty()) {
              copy.put(kind, Collections.unmodifiableSet(set));
            }
          });
      built = true;
      return copy.isEmpty() ? EMPTY : new NodeState(Map.copyOf(copy));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NodeState state && objects.equals(state.objects);
  }

  @Override
  public int hashCode() {
    return objects.hashCode();
  }

  @Override
  public String toString() {
    return objects.toString();
  }
}
