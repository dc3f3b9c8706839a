// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Family;
import dev.weft.core.node.Attachment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A dataplane without a kernel that finds everything well. */
final class IdleDataplane implements Dataplane {
  @Override
  public NodeState read() {
    return NodeState.EMPTY;
  }

  @Override
  public NodeFacts facts(FactsWanted wanted) {
    return new NodeFacts(List.of(), Set.of(), Map.of(), Set.of(), Set.of(), List.of());
  }

  @Override
  public List<Failure> apply(List<Change<?>> changes) {
    return List.of();
  }

  @Override
  public Map<Family, Integer> attach(AttachRequest request, PodNamespace pod) {
    return Map.of();
  }

  @Override
  public void detach(Attachment attachment, Set<HostPort> hostPorts, Optional<PodNamespace> pod) {}

  @Override
  public boolean hasInterface(String ifName, PodNamespace pod) {
    return false;
  }

  @Override
  public List<String> check(AttachRequest request, OptionalInt podMtuBytes, PodNamespace pod) {
    return List.of();
  }

  @Override
  public Map<DropReason, Long> dropped() {
    return Map.of();
  }

  @Override
  public void onChange(Runnable listener) {}

  @Override
  public void close() {}
}
