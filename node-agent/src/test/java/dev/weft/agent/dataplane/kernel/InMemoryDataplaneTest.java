// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.testing.InMemoryDataplane;
import dev.weft.agent.dataplane.testing.World;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import java.util.List;
import org.junit.jupiter.api.Test;

class InMemoryDataplaneTest extends DataplaneContract implements World.Twin {
  @Test
  void aFailureThatWasAskedForHitsItsChangeOnce() {
    InMemoryDataplane dataplane = new InMemoryDataplane();
    Change<Route> change = Change.add(Route.KIND, Route.blockRest(Cidr.parse("10.244.2.0/24")));
    DataplaneException error = new DataplaneException(DataplaneException.Reason.OTHER, "asked for");
    dataplane.failNext(change, error);

    assertThat(dataplane.apply(List.of(change)))
        .containsExactly(new Dataplane.Failure(change, error));
    assertThat(dataplane.apply(List.of(change))).isEmpty();
  }
}
