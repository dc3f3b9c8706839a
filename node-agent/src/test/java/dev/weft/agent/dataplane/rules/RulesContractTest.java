// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.ContractTest;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the drivers of nftables rules promise. */
class RulesContractTest {
  abstract static class Contract extends ContractTest {
    @Test
    void masqueradeIsReplacedAndNothingElseChanges() throws Exception {
      NodeState before = Stack.DUAL.desired();
      Set<Cidr> pools = Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("10.245.0.0/16"));
      NodeState after =
          before.with(
              MasqueradeRules.KIND, Set.of(MasqueradeRules.of(new Masquerade(Set.of(), pools))));

      for (NodeState desired : List.of(before, after, before)) {
        reach(desired);
        assertThat(dataplane.read()).isEqualTo(desired);
      }
    }

    @Test
    void theNodesAddressesAreReplacedAndNothingElseChanges() throws Exception {
      NodeState before = Stack.DUAL.desired();
      IpAddress one = IpAddress.parse("192.168.1.11");
      IpAddress other = IpAddress.parse("fd00:192::11");

      for (Set<IpAddress> addresses : List.of(Set.of(one), Set.of(one, other), Set.of(other))) {
        NodeState desired = before.with(HostPortRules.KIND, Set.of(HostPortRules.of(addresses)));
        reach(desired);
        assertThat(dataplane.read()).isEqualTo(desired);
      }
    }
  }

  @Nested
  class OnTwin extends Contract implements World.Twin {}

  @Nested
  class OnKernel extends Contract implements World.Kernel {}
}
