// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

/**
 * What the plugin prints, and exits with.
 *
 * @param exitCode 0 for success, else 1
 * @param body what goes to its standard output; may be empty
 */
record Answer(int exitCode, byte[] body) {
  /** Success without output. */
  static final Answer EMPTY = new Answer(0, new byte[0]);

  static Answer success(byte[] body) {
    return new Answer(0, body);
  }
}
