// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import java.util.Optional;

/**
 * One step from an actual {@link NodeState} to a desired one: an object is added, removed, or takes
 * the place of one with the same key. Idempotent.
 *
 * @param kind of the object
 * @param before the object as it is; empty where it is added
 * @param after the object as it should be; empty where it is removed
 */
public record Change<T>(Kind<T> kind, Optional<T> before, Optional<T> after) {
  /** Refuses a change of nothing to nothing. */
  public Change {
    if (before.isEmpty() && after.isEmpty()) {
      throw new IllegalArgumentException("a change of no " + kind);
    }
  }

  /** An object comes. */
  public static <T> Change<T> add(Kind<T> kind, T object) {
    return new Change<>(kind, Optional.empty(), Optional.of(object));
  }

  /** An object takes the place of another. */
  public static <T> Change<T> replace(Kind<T> kind, T before, T after) {
    return new Change<>(kind, Optional.of(before), Optional.of(after));
  }

  /** An object goes. */
  public static <T> Change<T> remove(Kind<T> kind, T object) {
    return new Change<>(kind, Optional.of(object), Optional.empty());
  }

  /** Whether the object goes and nothing takes its place. */
  public boolean isRemoval() {
    return after.isEmpty();
  }

  /** Whether a block can serve no pod where this fails. */
  public boolean isNeededFor(Cidr block) {
    return after.isPresent()
        && kind.isNeededFor(after.get(), block)
        && before.filter(kind::isSufficient).isEmpty();
  }

  /** What it does to which object, for a log line and as the head of an error. */
  public String describe() {
    if (after.isEmpty()) {
      return "delete " + kind + " " + kind.describe(before.orElseThrow());
    }
    String wanted = kind.describe(after.get());
    if (before.isEmpty()) {
      return "add " + kind + " " + wanted;
    }
    String was = kind.describe(before.get());
    return was.equals(wanted)
        ? "repair " + kind + " " + wanted
        : "replace " + kind + " " + was + " with " + wanted;
  }
}
