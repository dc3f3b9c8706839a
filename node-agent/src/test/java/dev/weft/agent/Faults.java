// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

/** Faults that tests provoke. */
public final class Faults {
  private Faults() {}

  /** The fault without its stack trace: it is logged, and a trace in a green run means a bug. */
  public static <T extends Throwable> T withoutTrace(T fault) {
    fault.setStackTrace(new StackTraceElement[0]);
    return fault;
  }
}
