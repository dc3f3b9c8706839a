// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.Optional;

/** The other end of packets that a rule accepts. */
public sealed interface PolicyPeer {
  /**
   * Pods with addresses of their own: those in the host's network are their node.
   *
   * @param namespaces of which namespaces; empty: of the policy's own
   * @param pods which pods of them
   */
  record Pods(Optional<Selector> namespaces, Selector pods) implements PolicyPeer {}

  /**
   * A range of addresses.
   *
   * @param cidr the range, the host part zero
   * @param except ranges inside it that are not meant
   */
  record Range(Cidr cidr, List<Cidr> except) implements PolicyPeer {
    public Range {
      except = List.copyOf(except);
    }
  }
}
