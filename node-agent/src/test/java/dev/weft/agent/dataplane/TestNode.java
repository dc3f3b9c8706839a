// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.List;

/** A node on the kernel with a block of each family of a {@link Stack}, and its pods. */
final class TestNode implements AutoCloseable {
  private final Stack stack;
  private final KernelWorld world;
  private final List<Attachment> attached = new ArrayList<>();

  TestNode(Stack stack) throws Exception {
    this(stack, Sockets.KERNEL);
  }

  TestNode(Stack stack, Sockets sockets) throws Exception {
    this.stack = stack;
    world = new KernelWorld(sockets);
    repair();
  }

  KernelWorld world() {
    return world;
  }

  Dataplane dataplane() {
    return world.dataplane();
  }

  /** Makes the pod of this number. */
  TestPod addPod(int number) throws Exception {
    return addPod(stack.attachment(number));
  }

  TestPod addPod(Attachment attachment) throws Exception {
    TestNamespace namespace = world.newPodNamespace();
    dataplane().attach(stack.request(attachment), namespace.pod());
    attached.add(attachment);
    return new TestPod(namespace, attachment);
  }

  void removePod(TestPod pod) throws Exception {
    dataplane().detach(pod.attachment());
    attached.remove(pod.attachment());
  }

  /** What the node should be. */
  NodeState desired() {
    return stack.desired(attached);
  }

  /** One turn of the loop. */
  void repair() throws Exception {
    assertThat(dataplane().apply(Planner.plan(desired(), dataplane().read(), InFlight.NONE)))
        .isEmpty();
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
