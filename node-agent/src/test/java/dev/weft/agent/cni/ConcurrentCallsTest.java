// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.HostVeth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Many runtimes at once, and the reconcile loop beside them. */
class ConcurrentCallsTest {
  private static final int THREADS = 8;
  private static final int CALLS = 150;

  private final CniWorld world = new CniWorld("10.244.1.0/26", "fd00::/64");

  /** Addresses that an answered ADD gave and no DEL took back yet. */
  private final Set<String> held = ConcurrentHashMap.newKeySet();

  @Test
  void noAddressIsAllocatedTwiceAndNoneIsLeft() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);
    Future<?> loop = threads.submit(() -> reconcileUntil(stop));
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int caller = i;
      callers.add(threads.submit(() -> callOwnPods(caller)));
    }
    for (Future<?> caller : callers) {
      caller.get();
    }
    stop.set(true);
    loop.get();
    threads.shutdown();

    assertThat(held).isEmpty();
    assertThat(world.inUse()).isEmpty();
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(world.attachments.inFlightCount()).isZero();
  }

  @Test
  void addAndDelOfOnePodFromManySidesLeaveNothingHalf() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(i);
      callers.add(
          threads.submit(
              () -> {
                for (int n = 0; n < CALLS; n++) {
                  switch (random.nextInt(3)) {
                    case 0 -> world.add("one", random.nextInt(2)).make();
                    case 1 -> world.service.serve(world.add("one", 1).prepare().dead());
                    default -> assertThat(world.del("one").make().succeeded()).isTrue();
                  }
                }
              }));
    }
    for (Future<?> caller : callers) {
      caller.get();
    }
    threads.shutdown();

    Map<Object, HostVeth> ports = world.dataplane.read().byKey(HostVeth.KIND);
    assertThat(world.attachments.all())
        .containsExactlyInAnyOrderElementsOf(
            ports.values().stream().map(port -> port.attachment().orElseThrow()).toList());
    world.del("one").make();
    assertThat(world.inUse()).isEmpty();
    assertThat(world.dataplane.read().of(HostVeth.KIND)).isEmpty();
  }

  private void callOwnPods(int caller) {
    Random random = new Random(caller);
    for (int n = 0; n < CALLS; n++) {
      String id = "c" + caller + "-" + n;
      FakeExchange added = world.add(id, caller).make();
      assertThat(added.succeeded()).as(() -> added.words()).isTrue();
      List<String> addresses = CniWorld.addressesOf(added.json());
      addresses.forEach(address -> assertThat(held.add(address)).as(address).isTrue());
      if (random.nextInt(4) == 0) {
        world.service.serve(world.add(id + "-dead", caller + 100).prepare().dead());
      }
      addresses.forEach(held::remove);
      if (random.nextInt(3) == 0) {
        world.dataplane.endNamespace(new PodNamespace(caller, caller + 1000));
      }
      assertThat(world.del(id).make().succeeded()).isTrue();
    }
  }

  private void reconcileUntil(AtomicBoolean stop) {
    while (!stop.get()) {
      try (Observation observation = world.attachments.observe()) {
        observation.adopt(world.dataplane.read().of(HostVeth.KIND), Set.of());
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }
}
