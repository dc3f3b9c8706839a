// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import java.util.List;

/**
 * What a policy accepts: packets with one of the peers on one of the ports.
 *
 * @param peers the other ends; none: every other end
 * @param ports the ports at the packet's destination; none: every protocol and port
 */
public record PolicyRule(List<PolicyPeer> peers, List<PolicyPort> ports) {
  public PolicyRule {
    peers = List.copyOf(peers);
    ports = List.copyOf(ports);
  }
}
