// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.node.Attachment;
import java.util.List;
import java.util.Set;

/**
 * A pod interface to make.
 *
 * @param attachment whose it is
 * @param gateways of each address, in the order of {@link Attachment#addresses()}: the block's
 *     gateway address and prefix length
 * @param mtuBytes of both ends
 * @param hostPorts ports of the node that lead to it
 */
public record AttachRequest(
    Attachment attachment, List<InterfaceAddress> gateways, int mtuBytes, Set<HostPort> hostPorts) {
  /** Copies the collections. */
  public AttachRequest {
    gateways = List.copyOf(gateways);
    hostPorts = Set.copyOf(hostPorts);
    if (gateways.size() != attachment.addresses().size()) {
      throw new IllegalArgumentException("as many gateways as addresses");
    }
  }
}
