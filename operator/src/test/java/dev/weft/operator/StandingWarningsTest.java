// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.time.Clock;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StandingWarningsTest {
  private static final int MANY = StandingWarnings.AT_ONCE + 5;

  private final TestCluster cluster = new TestCluster();
  private final Writes writes = new Writes(System::nanoTime);
  private final StandingWarnings standing =
      new StandingWarnings(new Events(cluster.client, Clock.systemUTC()), writes::submit);

  @AfterEach
  void end() {
    writes.close();
    cluster.close();
  }

  @Test
  void eachIsWrittenOnceAndThoseThatAreTooManyTheNextTime() {
    List<Warning> warnings = warnings("no pool");
    assertThat(standing.report(warnings)).isTrue();
    assertThat(written()).hasSize(StandingWarnings.AT_ONCE);
    assertThat(standing.report(warnings)).isFalse();
    assertThat(written()).hasSize(MANY).doesNotHaveDuplicates();
    assertThat(standing.report(warnings)).isFalse();
    assertThat(written()).hasSize(MANY);
  }

  @Test
  void oneThatHoldsForAnotherReasonOrAnewIsWrittenAgain() {
    standing.report(warnings("no pool").subList(0, 2));
    standing.report(warnings("no block").subList(0, 1));
    assertThat(written()).hasSize(3);
    standing.report(warnings("no block").subList(1, 2));
    assertThat(written()).hasSize(4);
  }

  @Test
  void aPassWritesThemAll() {
    int nodes = 7 * StandingWarnings.AT_ONCE;
    IntStream.rangeClosed(1, nodes).forEach(i -> cluster.node("node" + i, "192.168.1." + i));
    cluster.pool("default", "10.244.0.0/24", 24);
    cluster.operator();
    await()
        .until(
            () ->
                cluster.events().stream().filter(event -> event.endsWith(" NoBlock")).count()
                    == nodes - 1);
  }

  private List<String> written() {
    writes.settle();
    return cluster.events();
  }

  private static List<Warning> warnings(String message) {
    return IntStream.rangeClosed(1, MANY)
        .mapToObj(i -> new Warning(node("node" + i), "NoBlock", message))
        .toList();
  }

  private static Node node(String name) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withUid("uid-" + name)
        .endMetadata()
        .build();
  }
}
