// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.BlockUsage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class StatusReporterTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final List<BlockUsage> BEFORE = List.of(new BlockUsage(BLOCK, 253, 253));
  private static final List<BlockUsage> AFTER = List.of(new BlockUsage(BLOCK, 253, 252));

  private final AtomicReference<List<BlockUsage>> usage = new AtomicReference<>(BEFORE);
  private final List<List<BlockUsage>> told = Collections.synchronizedList(new ArrayList<>());
  private final AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
  private final StatusReporter reporter =
      new StatusReporter(
          () -> Optional.of(ReportsTest.report(ReportsTest.served(BLOCK))),
          this::readUsage,
          (report, now) -> told.add(now));

  private List<BlockUsage> readUsage() {
    List<BlockUsage> read = usage.get();
    meanwhile.getAndSet(() -> {}).run();
    return read;
  }

  @Test
  void what_an_add_changed_is_told_once() {
    reporter.report();
    usage.set(AFTER);
    reporter.reportUsage();
    reporter.reportUsage();

    assertThat(told).containsExactly(BEFORE, AFTER);
  }

  @Test
  void an_add_while_the_loop_reports_is_told_last() throws Exception {
    Thread adding = new Thread(reporter::reportUsage);
    meanwhile.set(
        () -> {
          usage.set(AFTER);
          adding.start();
          await("the other thread to have gone as far as it can")
              .until(() -> adding.getState() == Thread.State.BLOCKED || !adding.isAlive());
        });

    reporter.report();
    adding.join();

    assertThat(told).last().isEqualTo(AFTER);
  }
}
