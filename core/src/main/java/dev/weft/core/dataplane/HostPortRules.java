// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import java.util.Set;

/**
 * The rules that have ports of the node lead to pods.
 *
 * @param inSync whether they are as this process wrote them last
 * @param nodeAddresses the node's addresses, by which its host ports are reached
 */
public record HostPortRules(boolean inSync, Set<IpAddress> nodeAddresses) {
  private static final String NAME = "of host ports";

  /** Those of a node, which are one object; they stay while an ADD or DEL is at work. */
  public static final Kind<HostPortRules> KIND =
      Kind.<HostPortRules>of("rules", 33, rules -> NAME)
          .text(rules -> NAME)
          .inFlight((rules, calls) -> calls.any())
          .neededFor((rules, block) -> true)
          .sufficient(HostPortRules::inSync)
          .foundation()
          .build();

  /** Copies the set. */
  public HostPortRules {
    nodeAddresses = Set.copyOf(nodeAddresses);
  }

  /** The rules as they should be. */
  public static HostPortRules of(Set<IpAddress> nodeAddresses) {
    return new HostPortRules(true, nodeAddresses);
  }
}
