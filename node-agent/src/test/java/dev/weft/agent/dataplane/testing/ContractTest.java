// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.node.Attachment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test that runs on the twin and on the kernel: both keep what it says. */
public abstract class ContractTest implements World.Source {
  protected World world;
  protected Dataplane dataplane;

  @BeforeEach
  void open() throws Exception {
    world = newWorld();
    dataplane = world.dataplane();
  }

  @AfterEach
  void close() throws Exception {
    world.end();
  }

  protected final PodNamespace attach(Stack stack, Attachment attachment) throws Exception {
    PodNamespace pod = world.newPod();
    dataplane.attach(stack.request(attachment), pod);
    return pod;
  }

  protected final void assertRepaired(NodeState desired) throws Exception {
    // The kernel notifies of changed rules in its own time, and of several one by one.
    await().until(() -> !dataplane.read().equals(desired));
    await()
        .untilAsserted(
            () -> {
              reach(desired);
              assertThat(dataplane.read()).isEqualTo(desired);
            });
  }

  protected final void reach(NodeState desired) throws Exception {
    apply(Planner.plan(desired, dataplane.read(), InFlight.NONE));
    assertThat(Planner.plan(desired, dataplane.read(), InFlight.NONE)).isEmpty();
  }

  protected final void apply(List<Change<?>> changes) {
    assertThat(dataplane.apply(changes)).isEmpty();
  }
}
