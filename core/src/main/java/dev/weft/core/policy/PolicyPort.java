// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Protocol;

/** The ports of a protocol that a rule accepts at the packet's destination. */
public sealed interface PolicyPort {
  /** The protocol. */
  Protocol protocol();

  /**
   * By number.
   *
   * @param first from 0; 0 to 65535 for every port
   * @param last not less than the first, at most 65535
   */
  record Numbers(Protocol protocol, int first, int last) implements PolicyPort {
    /** Every port. */
    public static Numbers all(Protocol protocol) {
      return new Numbers(protocol, 0, 65_535);
    }
  }

  /**
   * By the name of a container's port: whatever number that has in the pod that is the packet's
   * destination.
   */
  record Named(Protocol protocol, String name) implements PolicyPort {}
}
