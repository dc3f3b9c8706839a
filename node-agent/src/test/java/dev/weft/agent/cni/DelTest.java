// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.node.AddressStatus;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DelTest {
  private final CniWorld world = new CniWorld("10.244.1.0/24", "fd00::/64");

  @ParameterizedTest
  @ValueSource(strings = {"0.3.1", "0.4.0", "1.0.0", "1.1.0"})
  void itRemovesTheInterfaceAndPrintsNothing(String version) throws Exception {
    world.add("blue", 1).version(version).make();

    FakeExchange deleted = world.del("blue").version(version).make();

    assertThat(deleted.succeeded()).isTrue();
    assertThat(deleted.json().isMissingNode()).isTrue();
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void againOrForWhatWeNeverKnewItSucceeds() {
    world.add("blue", 1).make();
    world.del("blue").make();

    assertThat(world.del("blue").make().succeeded()).isTrue();
    assertThat(world.del("green").make().succeeded()).isTrue();
    assertThat(world.del("green").without("CNI_NETNS").make().succeeded()).isTrue();
  }

  @Test
  void withTheNamespaceGoneItSucceeds() throws Exception {
    world.add("blue", 1).make();
    world.dataplane.endNamespace(new PodNamespace(1, 1001));

    assertThat(world.del("blue").without("CNI_NETNS").make().succeeded()).isTrue();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void aNodeThatIsNotReadyStillDeletes() {
    world.add("blue", 1).make();
    world.notReady = Optional.of("no block");
    world.setBlocks();

    assertThat(world.del("blue").make().succeeded()).isTrue();
    assertThat(world.inUse()).isEmpty();
  }

  @Test
  void whatTheKernelRefusesStaysInQuarantineUntilTheNextDump() throws Exception {
    world.add("blue", 1).make();
    world.dataplane.failNextDetach(new DataplaneException(Reason.OTHER, "EBUSY"));

    FakeExchange deleted = world.del("blue").make();

    assertThat(deleted.code()).isEqualTo(101);
    assertThat(deleted.words()).contains("EBUSY");
    assertThat(world.inUse())
        .containsOnly(
            Map.entry("10.244.1.2", AddressStatus.RELEASING),
            Map.entry("fd00::2", AddressStatus.RELEASING));
    world.adopt();
    assertThat(world.inUse()).containsValue(AddressStatus.ASSIGNED);
    assertThat(world.del("blue").make().succeeded()).isTrue();
    assertThat(world.inUse()).isEmpty();
  }
}
