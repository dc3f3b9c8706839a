// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

/** What a demo shows between the start of its sandbox and the end. */
interface Play {
  /** What the sandbox starts with, as the title of the first step. */
  String beginning();

  /** How many steps it has. */
  int steps();

  /** Plays them. */
  void play(Scene scene);
}
