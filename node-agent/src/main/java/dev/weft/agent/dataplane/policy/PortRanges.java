// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Ranges of ports without overlaps, which a set of nftables refuses. */
final class PortRanges {
  /** The last port. */
  static final int LAST = 65_535;

  private PortRanges() {}

  /** Ranges of one protocol, sorted, those that overlap or follow each other as one. */
  static List<PortRange> merged(List<PortRange> ranges) {
    List<PortRange> merged = new ArrayList<>();
    for (PortRange range :
        ranges.stream().sorted(Comparator.comparingInt(PortRange::first)).toList()) {
      PortRange before = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (before != null && range.first() <= before.last() + 1) {
        int last = Math.max(before.last(), range.last());
        merged.set(merged.size() - 1, new PortRange(range.protocol(), before.first(), last));
      } else {
        merged.add(range);
      }
    }
    return merged;
  }
}
