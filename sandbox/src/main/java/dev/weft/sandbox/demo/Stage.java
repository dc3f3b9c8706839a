// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/** Where the demo plays: numbered steps with their time, and what they show, indented. */
final class Stage {
  private static final long PATIENCE_SECONDS = 60;

  private final PrintStream out;
  private final int steps;
  private final long start = System.nanoTime();
  private int step;

  Stage(PrintStream out, int steps) {
    this.out = out;
    this.steps = steps;
  }

  /** Plays a step; its line is finished when it succeeded. */
  void step(String what, Runnable action) {
    step++;
    long begun = System.nanoTime();
    out.printf("%n[%d/%d] %s%n", step, steps, what);
    action.run();
    out.printf(Locale.ROOT, "      done in %.1f s%n", secondsSince(begun));
  }

  /** Shows text, indented. */
  void show(String text) {
    text.strip().lines().forEach(line -> out.println("      " + line.stripTrailing()));
  }

  /** Shows a command and its output. */
  void show(String command, String text) {
    out.println("      $ " + command);
    show(text);
  }

  /** A fact that was checked. */
  void checked(String fact) {
    out.println("    + " + fact);
  }

  /** Fails unless something holds. */
  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new DemoFailure(otherwise);
    }
  }

  /** Waits for something, at most a minute. */
  static void await(String what, BooleanSupplier condition) {
    long begun = System.nanoTime();
    while (!condition.getAsBoolean()) {
      require(secondsSince(begun) < PATIENCE_SECONDS, "waited a minute for " + what);
      pause(100);
    }
  }

  /** Lets time pass, for traffic to flow. */
  static void pause(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DemoFailure("interrupted");
    }
  }

  double seconds() {
    return secondsSince(start);
  }

  private static double secondsSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e9;
  }
}
