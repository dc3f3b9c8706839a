// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.time.Clock;
import java.util.function.LongSupplier;

/**
 * The two clocks that decisions read.
 *
 * @param wall of the times that are written into objects, such as that of a condition's transition
 * @param nanoTime time that never goes back, for what is counted from a moment of this process
 */
record Clocks(Clock wall, LongSupplier nanoTime) {
  /** This machine's. */
  static final Clocks SYSTEM = new Clocks(Clock.systemUTC(), System::nanoTime);
}
