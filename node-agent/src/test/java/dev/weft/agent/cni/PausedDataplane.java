// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
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
import java.util.concurrent.CountDownLatch;

/** A dataplane whose attach is over only when the test says so. */
final class PausedDataplane implements Dataplane {
  final CountDownLatch attached = new CountDownLatch(1);
  final CountDownLatch goOn = new CountDownLatch(1);
  private final Dataplane dataplane;

  PausedDataplane(Dataplane dataplane) {
    this.dataplane = dataplane;
  }

  @Override
  public Map<Family, Integer> attach(AttachRequest request, PodNamespace pod)
      throws DataplaneException {
    Map<Family, Integer> tables = dataplane.attach(request, pod);
    attached.countDown();
    try {
      goOn.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return tables;
  }

  @Override
  public NodeState read() throws DataplaneException {
    return dataplane.read();
  }

  @Override
  public NodeFacts facts(FactsWanted wanted) throws DataplaneException {
    return dataplane.facts(wanted);
  }

  @Override
  public List<Failure> apply(List<Change<?>> changes) {
    return dataplane.apply(changes);
  }

  @Override
  public void detach(Attachment attachment, Set<HostPort> hostPorts, Optional<PodNamespace> pod)
      throws DataplaneException {
    dataplane.detach(attachment, hostPorts, pod);
  }

  @Override
  public boolean hasInterface(String ifName, PodNamespace pod) throws DataplaneException {
    return dataplane.hasInterface(ifName, pod);
  }

  @Override
  public List<String> check(AttachRequest request, OptionalInt podMtuBytes, PodNamespace pod)
      throws DataplaneException {
    return dataplane.check(request, podMtuBytes, pod);
  }

  @Override
  public Map<DropReason, Long> dropped() throws DataplaneException {
    return dataplane.dropped();
  }

  @Override
  public void onChange(Runnable listener) {
    dataplane.onChange(listener);
  }

  @Override
  public void close() {
    dataplane.close();
  }
}
