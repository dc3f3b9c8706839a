// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A node whose network is the twin's. */
final class MemoryWorld implements World {
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
    dataplane.takeOffBridge(port);
  }

  @Override
  public void setBridgeDown() {
    dataplane.setBridgeDown();
  }

  @Override
  public void deleteBridge() {
    dataplane.remove(Bridge.KIND);
  }

  @Override
  public void deleteTables() {
    dataplane.remove(AntiSpoofRules.KIND);
    dataplane.remove(MasqueradeRules.KIND);
    dataplane.remove(HostPortRules.KIND);
  }

  @Override
  public void deleteRoute(Route route) {
    dataplane.drift(Change.remove(Route.KIND, route));
  }

  @Override
  public void end() {
    dataplane.close();
  }
}
