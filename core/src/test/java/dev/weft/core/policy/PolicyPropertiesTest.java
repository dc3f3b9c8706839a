// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.PodName;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PolicyPropertiesTest {
  @Property(tries = 600)
  void overAnyHistoryTheProgramDecidesAsTheTextOfTheApiDoes(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 150) int steps) {
    PolicyCluster cluster = new PolicyCluster(seed, new PolicyTable(PolicyMaker.NODE));
    for (int i = 0; i < steps; i++) {
      cluster.step();
    }
    ProgramVerdicts program = new ProgramVerdicts(cluster.table().program());
    PolicyReference reference = cluster.reference();
    for (IpAddress here : cluster.ownAddresses()) {
      for (IpAddress there : cluster.addresses()) {
        if (here.equals(there) || here.family() != there.family()) {
          continue;
        }
        for (Protocol protocol : Protocol.values()) {
          for (int port : PolicyCluster.PORTS) {
            assertThat(program.allows(here, there, protocol, port))
                .as("%s to %s, %s %d", here, there, protocol, port)
                .isEqualTo(reference.allows(here, there, protocol, port));
            assertThat(program.allows(there, here, protocol, port))
                .as("%s to %s, %s %d", there, here, protocol, port)
                .isEqualTo(reference.allows(there, here, protocol, port));
          }
        }
      }
    }
  }

  @Property(tries = 600)
  void overAnyHistoryTheTableIsAsOneThatOnlyKnowsTheEnd(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 150) int steps) {
    PolicyCluster cluster = new PolicyCluster(seed, new PolicyTable(PolicyMaker.NODE));
    for (int i = 0; i < steps; i++) {
      cluster.step();
    }
    PolicyTable fresh = cluster.fresh();
    assertThat(cluster.table().program()).isEqualTo(fresh.program());
    assertThat(cluster.table().wants()).isEqualTo(fresh.wants());
    assertThat(cluster.table().troubles()).hasSameElementsAs(fresh.troubles());
    for (PodName pod : cluster.ownPods()) {
      assertThat(sides(cluster.table(), pod)).isEqualTo(sides(fresh, pod));
    }
  }

  @Property(tries = 200)
  void aPackedPolicyIsTheSameAndEqualOnesHaveEqualBytes(@ForAll long seed) {
    PolicyCluster cluster = new PolicyCluster(seed, new PolicyTable(PolicyMaker.NODE));
    for (int i = 0; i < 50; i++) {
      cluster.step();
    }
    for (Policy policy : cluster.policies()) {
      byte[] packed = PackedPolicy.pack(policy);
      Policy unpacked = PackedPolicy.unpack(policy.namespace(), policy.name(), packed);
      assertThat(unpacked).isEqualTo(policy);
      assertThat(PackedPolicy.pack(unpacked)).isEqualTo(packed);
    }
  }

  private static Set<PodPolicies.Side> sides(PolicyTable table, PodName pod) {
    return Set.copyOf(table.explain(pod.namespace(), pod.name()).orElseThrow().sides());
  }
}
