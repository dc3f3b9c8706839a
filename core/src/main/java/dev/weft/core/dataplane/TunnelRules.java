// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.Optional;
import java.util.Set;

/**
 * The rules that keep everybody but the other nodes from sending into a tunnel, and clamp the MSS
 * of connections through one.
 *
 * @param content what they let through; empty where they are not as this process wrote them last
 */
public record TunnelRules(Optional<Content> content) {
  /** The rules are there, and not as this process wrote them last. */
  public static final TunnelRules ALTERED = new TunnelRules(Optional.empty());

  private static final String NAME = "of tunnels";

  /** Those of a node, which are one object: there before its VXLAN devices, and after them. */
  public static final Kind<TunnelRules> KIND =
      Kind.<TunnelRules>of("rules", 11, rules -> NAME).text(rules -> NAME).foundation().build();

  /**
   * What is let through.
   *
   * @param port the UDP port that tunnels end at
   * @param ends this node's addresses that they end at
   * @param own this node's blocks: no packet out of a tunnel comes from there
   * @param pools where packets out of a tunnel come from: the pools, and blocks that are in none
   */
  public record Content(int port, Set<IpAddress> ends, Set<Cidr> own, Set<Cidr> pools) {
    /** Copies the sets. */
    public Content {
      ends = Set.copyOf(ends);
      own = Set.copyOf(own);
      pools = Set.copyOf(pools);
    }
  }

  /** The rules that let this through. */
  public static TunnelRules of(Content content) {
    return new TunnelRules(Optional.of(content));
  }
}
