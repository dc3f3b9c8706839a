// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.History;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What of the past the next decision depends on: which blocks were released last, at most {@value
 * #MAX_RELEASED}, and since when others are an empty surplus. Safe for use by many threads; after a
 * restart it is empty, so that a surplus stays a little longer.
 */
final class ReleaseHistory {
  private static final int MAX_RELEASED = 4096;

  private final Set<Cidr> released = new LinkedHashSet<>();
  private final Map<Cidr, Instant> surplusSince = new HashMap<>();

  /** Takes that a block was released. */
  synchronized void released(Cidr block) {
    released.remove(block);
    released.add(block);
    if (released.size() > MAX_RELEASED) {
      Iterator<Cidr> oldest = released.iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Takes that a block was allocated again. */
  synchronized void allocated(Cidr block) {
    released.remove(block);
  }

  /** Takes which blocks are an empty surplus now. */
  synchronized void surplus(Set<Cidr> blocks, Instant now) {
    surplusSince.keySet().retainAll(blocks);
    blocks.forEach(block -> surplusSince.putIfAbsent(block, now));
    surplusSince.replaceAll((block, since) -> since.isAfter(now) ? now : since);
  }

  synchronized History history() {
    return new History(surplusSince, List.copyOf(released));
  }
}
