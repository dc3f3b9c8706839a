// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.Optional;

/**
 * Whether a pool's declared range is the one in force.
 *
 * @param range the range in force from now on; empty: none
 * @param kind whether it is the declared one, or the reason why not
 * @param message the reason as a sentence, and what to do
 */
public record Acceptance(Optional<Cidr> range, Kind kind, String message) {
  /** Whether a declared range is in force, or why not. */
  public enum Kind {
    /** It is. */
    ACCEPTED,
    /** What was declared cannot be. */
    INVALID,
    /** It overlaps another pool's range or a Service CIDR. */
    OVERLAPPING,
    /** It does not hold the range in force, of which there are blocks. */
    NOT_CONTAINING
  }
}
