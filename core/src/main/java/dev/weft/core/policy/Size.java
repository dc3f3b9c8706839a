// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram.PortRange;
import java.util.List;

/**
 * How much some clauses are to a node.
 *
 * @param clauses how many: what a packet costs
 * @param weight what they cost nft, in memory and time, in rules that match one range and one port:
 *     5 KiB each
 */
record Size(long clauses, long weight) {
  static final Size NONE = new Size(0, 0);

  /** A set inside a rule: the kernel takes the longer to name one the more there are. */
  private static final int SET = 2;

  /** So many elements of such sets weigh as much as a rule. */
  private static final int ELEMENTS = 8;

  /**
   * Of one clause: a rule for each protocol, with a set of its ports where these are several ranges
   * and one of the exceptions where there are any.
   */
  static Size of(List<PortRange> ports, int exceptions) {
    int[] ranges = new int[Protocol.values().length];
    ports.forEach(port -> ranges[port.protocol().ordinal()]++);
    int rules = 0;
    int sets = 0;
    long elements = 0;
    for (int count : ranges) {
      rules += count > 0 ? 1 : 0;
      if (count > 1) {
        sets++;
        elements += count;
      }
    }
    rules = Math.max(1, rules);
    if (exceptions > 0) {
      sets += rules;
      elements += (long) rules * exceptions;
    }
    return new Size(1, rules + (long) SET * sets + elements / ELEMENTS);
  }

  Size plus(Size other) {
    return new Size(clauses + other.clauses, weight + other.weight);
  }
}
