// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InMemoryDataplaneTest extends DataplaneContract {
  @Override
  World newWorld() {
    return new MemoryWorld();
  }

  @Test
  void aFailureThatWasAskedForHitsItsChangeOnce() {
    InMemoryDataplane dataplane = new InMemoryDataplane();
    DataplaneChange change = new DataplaneChange.AddRoute(PEER);
    DataplaneException error = new DataplaneException(DataplaneException.Reason.OTHER, "asked for");
    dataplane.failNext(change, error);

    assertThat(dataplane.apply(List.of(change)))
        .containsExactly(new Dataplane.Failure(change, error));
    assertThat(dataplane.apply(List.of(change))).isEmpty();
  }

  private static final class MemoryWorld implements World {
    private final InMemoryDataplane dataplane = new InMemoryDataplane();
    private int pods;

    @Override
    public Dataplane dataplane() {
      return dataplane;
    }

    @Override
    public PodNamespace newPod() {
      pods++;
      return new PodNamespace(pods, pods);
    }

    @Override
    public void endPod(PodNamespace pod) {
      dataplane.endNamespace(pod);
    }

    @Override
    public void setIpv6(PodNamespace pod, boolean on) {
      dataplane.setIpv6(pod, on);
    }

    @Override
    public void addForeignLink(String name) {
      dataplane.addForeignLink(name);
    }

    @Override
    public void addForeignRoute(Cidr destination) {
      dataplane.setFacts(
          new NodeFacts(
              List.of(),
              Set.of(),
              Map.of(),
              Set.of(destination),
              Set.of(Family.IPV4, Family.IPV6),
              List.of()));
    }

    @Override
    public void takeOffBridge(String port) {
      dataplane.detachPort(port);
    }

    @Override
    public void setBridgeDown() {
      dataplane.setBridgeDown();
    }

    @Override
    public void deleteBridge() {
      dataplane.drift(new DataplaneChange.RemoveBridge());
    }

    @Override
    public void deleteTables() {
      dataplane.drift(new DataplaneChange.RemoveRules());
    }

    @Override
    public void deleteRoute(Route route) {
      dataplane.drift(new DataplaneChange.RemoveRoute(route));
    }

    @Override
    public void end() {
      dataplane.close();
    }
  }
}
