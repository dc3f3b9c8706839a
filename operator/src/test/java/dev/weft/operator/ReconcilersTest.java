// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.client.informers.impl.cache.SharedProcessor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The reconcilers of single objects beside the allocation pass. */
class ReconcilersTest {
  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void everyKindIsWatchedOnce() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator("--lease-namespace=weft-system");
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    await() // the pods' is opened beside the others
        .untilAsserted(
            () ->
                assertThat(cluster.watches())
                    .isEqualTo(
                        Map.of(
                            "/apis/weft.dev/v1alpha1/ippools", 1,
                            "/apis/weft.dev/v1alpha1/ipallocations", 1,
                            "/api/v1/nodes", 1,
                            "/api/v1/namespaces/weft-system/pods", 1,
                            "/apis/networking.k8s.io/v1/servicecidrs", 1,
                            "/apis/networking.k8s.io/v1/networkpolicies", 1)));
  }

  @Test
  void aStatusThatIsRefusedMoreOftenThanTheFrameworkTriesIsWrittenInTheEndAndReadinessNamesIt() {
    AtomicInteger refusals = new AtomicInteger();
    cluster.refuse(
        write ->
            write.contains("/ippools/default/status")
                && write.contains("conditions")
                && refusals.incrementAndGet() > 0);
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    WeftOperator operator = cluster.operator();
    await()
        .until(() -> operator.readiness().text().contains("write the status of IPPool default: "));
    await().until(() -> refusals.get() > 6);
    cluster.refuse(write -> false);
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    assertThat(cluster.owners()).containsEntry("10.244.0.0/24", "node1");
    await().until(() -> operator.readiness().text().equals("leading\n"));
  }

  @Test
  void aStatusWhoseWriteThrowsAnErrorIsWrittenInTheEnd() {
    AtomicInteger errors = new AtomicInteger();
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator(
        request -> {
          if (request.contains("/ippools/default/status") && errors.incrementAndGet() <= 2) {
            throw new Error("of the test", null, false, false) {}; // without a stack trace
          }
        });
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    assertThat(errors).hasValueGreaterThan(2);
  }

  @Test
  void statusWritesThatHangDelayNoBlock() {
    CountDownLatch answers = new CountDownLatch(1);
    for (int i = 0; i <= Writes.AT_ONCE; i++) {
      cluster.pool("pool" + i, "10.244.%d.0/24".formatted(i), 24);
    }
    AtomicInteger hanging = new AtomicInteger();
    try {
      cluster.operator(
          request -> {
            if (request.contains("/status ") && request.contains("conditions")) {
              hanging.incrementAndGet();
              awaitQuietly(answers);
            }
          });
      await().until(() -> hanging.get() == Writes.AT_ONCE);
      cluster.node("node1", "192.168.1.11");
      await().until(() -> cluster.owners().containsValue("node1"));
    } finally {
      answers.countDown();
    }
  }

  @Test
  void aCountWhoseWriteIsRefusedIsNamedByReadinessUntilItIsWritten() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    WeftOperator operator = cluster.operator();
    await().until(() -> allocated() == 1);
    List<String> atEachTry = new CopyOnWriteArrayList<>();
    cluster.refuse(
        write -> {
          boolean status = write.contains("/ippools/default/status") && atEachTry.size() < 4;
          return status && atEachTry.add(operator.readiness().text());
        });
    cluster.node("node2", "192.168.1.12");
    await().until(() -> allocated() == 2);
    assertThat(atEachTry.subList(1, 4))
        .allMatch(text -> text.contains("write the status of IPPool default"));
    await().until(() -> operator.readiness().text().equals("leading\n"));
  }

  @Test
  void aStartThatFailedLeavesNoWatchThatStillTakesEvents() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.refuse("/api/v1/nodes", 403);
    Logger logger = (Logger) LoggerFactory.getLogger(SharedProcessor.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      WeftOperator operator = cluster.operator();
      // What a failing start was doing may end by an exception.
      ConditionFactory await = await().dontCatchUncaughtExceptions();
      await.until(() -> operator.readiness().text().contains("refused by the test"));
      cluster.refuse("", 0);
      await.until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
      log.list.clear();
      cluster.node("node2", "192.168.1.12");
      await.until(() -> cluster.pool("default").getStatus().blocks().allocated() == 2);
      assertThat(log.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    } finally {
      logger.detachAppender(log);
    }
  }

  private long allocated() {
    IPPool pool = cluster.pool("default");
    boolean counted = pool.getStatus() != null && pool.getStatus().blocks() != null;
    return counted ? pool.getStatus().blocks().allocated() : 0;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
