// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** ADDs and DELs of many pods at the same time disturb neither each other nor a read. */
@Tag("kernel")
class ManyAtOnceKernelTest {
  private static final int PODS = 40;
  private static final int WORKERS = 16;

  @Test
  void allAreThereThenNoneIs() throws Exception {
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    try (TestNode node = new TestNode(Stack.DUAL)) {
      List<Attachment> pods = new ArrayList<>();
      List<Callable<Void>> additions = new ArrayList<>();
      List<Callable<Void>> removals = new ArrayList<>();
      for (int i = 0; i < PODS; i++) {
        Attachment pod = Stack.DUAL.attachment(i);
        PodNamespace namespace = node.world().newPod();
        pods.add(pod);
        additions.add(
            () -> {
              node.dataplane().attach(Stack.DUAL.request(pod), namespace);
              return null;
            });
        removals.add(
            () -> {
              node.dataplane().detach(pod, Set.of());
              return null;
            });
      }

      all(workers, additions);
      assertThat(node.dataplane().read()).isEqualTo(node.desired(pods));
      assertThat(Planner.plan(node.desired(pods), node.dataplane().read(), InFlight.NONE))
          .isEmpty();

      all(workers, removals);
      assertThat(node.dataplane().read()).isEqualTo(node.desired(List.of()));
    } finally {
      workers.shutdownNow();
      assertThat(workers.awaitTermination(90, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void all(ExecutorService workers, List<Callable<Void>> tasks) throws Exception {
    for (Future<Void> done : workers.invokeAll(tasks)) {
      done.get();
    }
  }
}
