// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * A running machine: the same until it boots again. From a Node's {@code status.nodeInfo}.
 *
 * @param systemUuid its systemUUID; empty where not known
 * @param bootId its bootID; empty where not known
 */
public record Machine(String systemUuid, String bootId) {
  /** A machine that is not known. */
  public static final Machine UNKNOWN = new Machine("", "");

  /** Whether both are known and equal. */
  public boolean isSameAs(Machine other) {
    return !systemUuid.isEmpty() && !bootId.isEmpty() && equals(other);
  }
}
