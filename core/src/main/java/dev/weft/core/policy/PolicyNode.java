// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.OwnBlock;
import java.util.List;

/**
 * A node, as pods see it: what it sends through a tunnel, and what this node's pods send to their
 * own node, has a gateway's address.
 *
 * @param name its name
 * @param addresses its InternalIPs
 * @param blocks its blocks, whose addresses are its pods'
 */
public record PolicyNode(String name, List<IpAddress> addresses, List<Cidr> blocks) {
  public PolicyNode {
    addresses = List.copyOf(addresses);
    blocks = List.copyOf(blocks);
  }

  /** The gateway addresses of its blocks. */
  public List<IpAddress> gateways() {
    return blocks.stream().map(OwnBlock::gatewayOf).toList();
  }

  /** Whether an address is of one of its blocks. */
  public boolean has(IpAddress address) {
    return blocks.stream().anyMatch(block -> block.contains(address));
  }
}
