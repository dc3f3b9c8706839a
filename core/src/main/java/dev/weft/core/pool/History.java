// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What of the past a decision about blocks depends on.
 *
 * @param surplusSince since when each block has been an empty surplus
 * @param released blocks that were released, the first to be released first: they are reused last
 */
public record History(Map<Cidr, Instant> surplusSince, List<Cidr> released) {
  /** Nothing is known of the past. */
  public static final History NONE = new History(Map.of(), List.of());

  /** Copies both collections. */
  public History {
    surplusSince = Map.copyOf(surplusSince);
    released = List.copyOf(released);
  }
}
