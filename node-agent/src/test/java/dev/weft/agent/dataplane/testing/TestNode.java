// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A node on the kernel with a block of each family of a {@link Stack}, and its pods. */
public final class TestNode implements AutoCloseable {
  private final Stack stack;
  private final KernelWorld world;
  private final List<Attachment> attached = new ArrayList<>();
  private final Set<HostPort> hostPorts = new HashSet<>();

  public TestNode(Stack stack) throws Exception {
    this(stack, Sockets.KERNEL);
  }

  public TestNode(Stack stack, Sockets sockets) throws Exception {
    this.stack = stack;
    world = new KernelWorld(sockets);
    repair();
  }

  public KernelWorld world() {
    return world;
  }

  public Dataplane dataplane() {
    return world.dataplane();
  }

  public TestPod addPod(Attachment attachment) throws Exception {
    return addPod(attachment, Set.of());
  }

  /** Makes the pod of this number, with host ports that lead to it. */
  public TestPod addPod(int number, HostPort... leading) throws Exception {
    return addPod(stack.attachment(number), Set.of(leading));
  }

  private TestPod addPod(Attachment attachment, Set<HostPort> leading) throws Exception {
    TestNamespace namespace = world.newPodNamespace();
    dataplane().attach(stack.request(attachment, leading), namespace.pod());
    attached.add(attachment);
    hostPorts.addAll(leading);
    return new TestPod(namespace, attachment);
  }

  public void removePod(TestPod pod) throws Exception {
    Set<HostPort> leading =
        hostPorts.stream()
            .filter(hostPort -> pod.attachment().addresses().contains(hostPort.pod()))
            .collect(Collectors.toSet());
    dataplane().detach(pod.attachment(), leading);
    attached.remove(pod.attachment());
    hostPorts.removeAll(leading);
  }

  /** What the node should be. */
  public NodeState desired() throws DataplaneException {
    return desired(attached, hostPorts);
  }

  /** What the node should be with these pods, however they were added. */
  public NodeState desired(Collection<Attachment> pods) throws DataplaneException {
    return desired(pods, Set.of());
  }

  private NodeState desired(Collection<Attachment> pods, Set<HostPort> leading)
      throws DataplaneException {
    Set<IpAddress> addresses = new HashSet<>(dataplane().facts(FactsWanted.NONE).addresses());
    stack.gateways().forEach(gateway -> addresses.add(gateway.address()));
    return stack
        .desired(pods, leading)
        .with(HostPortRules.KIND, Set.of(HostPortRules.of(addresses)));
  }

  /** Reconciles once. */
  public void repair() throws Exception {
    assertThat(dataplane().apply(Planner.plan(desired(), dataplane().read(), InFlight.NONE)))
        .isEmpty();
  }

  /** Waits until a read shows a change: of rules it knows once the kernel has notified of it. */
  public void awaitDrift() {
    await().until(() -> !dataplane().read().equals(desired()));
  }

  /** Reconciles until all is as desired: notifications of one change may come one by one. */
  public void awaitRepaired() {
    await()
        .untilAsserted(
            () -> {
              repair();
              assertThat(dataplane().read()).isEqualTo(desired());
            });
  }

  @Override
  public void close() {
    try {
      world.end();
    } catch (Exception e) {
      throw new IllegalStateException("cannot clean up after a test", e);
    }
  }
}
