// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A kind of object that a node's network is made of, and all that the {@link Planner} knows of it.
 * Every kind is a constant of the record of its objects; two kinds are never equal.
 *
 * @param <T> the record of its objects, with equality by value
 */
public final class Kind<T> {
  private final String name;
  private final int rank;
  private final Function<? super T, ?> key;
  private final Function<? super T, String> text;
  private final BiPredicate<T, T> same;
  private final BiPredicate<T, InFlight> inFlight;
  private final BiPredicate<T, NodeState> removable;
  private final BiPredicate<T, Cidr> needed;
  private final Predicate<T> sufficient;
  private final boolean foundation;
  private final boolean added;
  private final List<Loss<T, ?>> losses;

  private Kind(Builder<T> builder) {
    name = builder.name;
    rank = builder.rank;
    key = builder.key;
    text = builder.text;
    same = builder.same;
    inFlight = builder.inFlight;
    removable = builder.removable;
    needed = builder.needed;
    sufficient = builder.sufficient;
    foundation = builder.foundation;
    added = builder.added;
    losses = List.copyOf(builder.losses);
  }

  /**
   * When the kernel takes objects of a kind along with a change of another.
   *
   * @param by the kind that changes, of a lower rank
   * @param lost whether the object goes with the change
   */
  record Loss<T, P>(Kind<P> by, BiPredicate<T, Change<P>> lost) {
    /** Takes out of a set what goes with a change. */
    void takeFrom(Set<T> objects, Change<?> change) {
      if (change.kind() == by) {
        Change<P> ofHolder = by.cast(change);
        objects.removeIf(object -> lost.test(object, ofHolder));
      }
    }
  }

  /**
   * Begins to describe a kind.
   *
   * @param name what one object is called in messages, such as "route"
   * @param rank its place in the order of a plan: objects of a lower rank are added before and
   *     removed after those of a higher one
   * @param key what no two objects of a node may share, such as the destination of a route: one
   *     takes the place of another with the same key in a single step
   */
  public static <T> Builder<T> of(String name, int rank, Function<? super T, ?> key) {
    return new Builder<>(name, rank, key);
  }

  /** What one object is called in messages. */
  public String name() {
    return name;
  }

  /** Its place in the order of a plan. */
  public int rank() {
    return rank;
  }

  /** What no other object of the kind may share with this one on a node. */
  public Object key(T object) {
    return key.apply(object);
  }

  /** Whether the objects carry those of other kinds and are removed after everything else. */
  public boolean isFoundation() {
    return foundation;
  }

  /** Whether a plan adds objects; else it only repairs and removes them. */
  public boolean isAdded() {
    return added;
  }

  /** The object as text, without the kind's name. */
  public String describe(T object) {
    return text.apply(object);
  }

  /** A change of this kind with its type; to be called only for such. */
  @SuppressWarnings("unchecked")
  public Change<T> cast(Change<?> change) {
    if (change.kind() != this) {
      throw new IllegalArgumentException(change + " is of another kind than " + this);
    }
    return (Change<T>) change;
  }

  boolean isSame(T is, T wanted) {
    return same.test(is, wanted);
  }

  boolean isInFlight(T object, InFlight calls) {
    return inFlight.test(object, calls);
  }

  boolean isRemovable(T object, NodeState desired) {
    return removable.test(object, desired);
  }

  boolean isNeededFor(T object, Cidr block) {
    return needed.test(object, block);
  }

  boolean isSufficient(T object) {
    return sufficient.test(object);
  }

  /** The objects of a set that the kernel does not take along with one of these changes. */
  public Set<T> kept(Set<T> objects, List<Change<?>> changes) {
    Set<T> kept = objects;
    for (Loss<T, ?> loss : losses) {
      for (Change<?> change : changes) {
        if (change.kind() == loss.by()) {
          kept = kept == objects ? new HashSet<>(objects) : kept;
          loss.takeFrom(kept, change);
        }
      }
    }
    return kept;
  }

  @Override
  public String toString() {
    return name;
  }

  /** Describes a kind: what is not set is as for an object that stands alone. */
  public static final class Builder<T> {
    private final String name;
    private final int rank;
    private final Function<? super T, ?> key;
    private final List<Loss<T, ?>> losses = new ArrayList<>();
    private Function<? super T, String> text = Object::toString;
    private BiPredicate<T, T> same = Object::equals;
    private BiPredicate<T, InFlight> inFlight = (object, calls) -> false;
    private BiPredicate<T, NodeState> removable = (object, desired) -> true;
    private BiPredicate<T, Cidr> needed = (object, block) -> false;
    private Predicate<T> sufficient = object -> false;
    private boolean foundation;
    private boolean added = true;

    private Builder(String name, int rank, Function<? super T, ?> key) {
      this.name = name;
      this.rank = rank;
      this.key = key;
    }

    /** How an object is described in messages, where not by its {@code toString}. */
    public Builder<T> text(Function<? super T, String> newText) {
      text = newText;
      return this;
    }

    /** When an actual object is as the desired one, where not by equality. */
    public Builder<T> same(BiPredicate<T, T> newSame) {
      same = newSame;
      return this;
    }

    /**
     * Which objects belong to an attachment that an ADD or DEL is working on: no step changes them.
     * A foundation is only kept from being removed.
     */
    public Builder<T> inFlight(BiPredicate<T, InFlight> newInFlight) {
      inFlight = newInFlight;
      return this;
    }

    /** Which actual objects may be removed, given the desired state. */
    public Builder<T> removable(BiPredicate<T, NodeState> newRemovable) {
      removable = newRemovable;
      return this;
    }

    /** Which objects a block cannot do without: while one is refused, the block serves no pod. */
    public Builder<T> neededFor(BiPredicate<T, Cidr> newNeeded) {
      needed = newNeeded;
      return this;
    }

    /**
     * Which actual objects suffice for a block to serve pods, though others are wanted: while their
     * replacement is refused, it serves on.
     */
    public Builder<T> sufficient(Predicate<T> newSufficient) {
      sufficient = newSufficient;
      return this;
    }

    /** The objects carry those of other kinds: they are removed after everything else. */
    public Builder<T> foundation() {
      foundation = true;
      return this;
    }

    /** Only an ADD makes such an object: a plan repairs and removes them. */
    public Builder<T> neverAdded() {
      added = false;
      return this;
    }

    /**
     * The kernel takes an object along with a change of another kind: then no step removes it, and
     * where it is still wanted one adds it again.
     */
    public <P> Builder<T> lostWith(Kind<P> by, BiPredicate<T, Change<P>> lost) {
      if (by.rank >= rank) {
        throw new IllegalArgumentException(name + " is planned before " + by);
      }
      losses.add(new Loss<>(by, lost));
      return this;
    }

    /** The kind. */
    public Kind<T> build() {
      return new Kind<>(this);
    }
  }
}
