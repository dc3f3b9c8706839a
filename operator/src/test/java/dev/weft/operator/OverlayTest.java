// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverlayTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private final Overlay<Node> overlay = new Overlay<>();

  private static Node node(String name, String version) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withResourceVersion(version)
        .endMetadata()
        .build();
  }

  @Test
  void whatWasWrittenHidesWhatItReplacedUntilTheCacheMovesOn() {
    Node old = node("a", "1");
    overlay.over(List.of(old), NOW);
    Node written = node("a", "2");
    overlay.put(written, NOW);
    assertThat(overlay.over(List.of(old), NOW)).containsEntry("a", written);
    Node newer = node("a", "3");
    assertThat(overlay.over(List.of(newer), NOW)).containsEntry("a", newer);
    assertThat(overlay.over(List.of(old), NOW)).containsEntry("a", old);
  }

  @Test
  void theLastOfSeveralWritesHidesThoseBeforeItThatTheCacheShowsOneByOne() {
    overlay.over(List.of(node("a", "1")), NOW);
    overlay.put(node("a", "2"), NOW);
    Node between = node("a", "3");
    overlay.put(between, NOW);
    Node last = node("a", "4");
    overlay.put(last, NOW);
    assertThat(overlay.over(List.of(node("a", "2")), NOW)).containsEntry("a", last);
    assertThat(overlay.over(List.of(between), NOW)).containsEntry("a", last);
    assertThat(overlay.over(List.of(last), NOW)).containsEntry("a", last);
    assertThat(overlay.over(List.of(between), NOW)).containsEntry("a", between);
  }

  @Test
  void whatWasCreatedIsThereUntilTheWatchReportedIt() {
    overlay.over(List.of(), NOW);
    overlay.put(node("a", "1"), NOW);
    assertThat(overlay.over(List.of(), NOW)).containsKey("a");
    overlay.observed("a");
    assertThat(overlay.over(List.of(), NOW)).isEmpty();
  }

  @Test
  void whatWasCreatedAndWrittenAgainStaysNewWhenTheWatchReportsItsCreation() {
    overlay.over(List.of(), NOW);
    Node created = node("a", "1");
    overlay.put(created, NOW);
    Node written = node("a", "2");
    overlay.put(written, NOW);
    overlay.observed("a");
    assertThat(overlay.over(List.of(created), NOW)).containsEntry("a", written);
    assertThat(overlay.over(List.of(), NOW)).isEmpty();
  }

  @Test
  void whatTheWatchNeverReportsIsForgottenInTheEnd() {
    overlay.over(List.of(), NOW);
    overlay.put(node("a", "1"), NOW);
    assertThat(overlay.over(List.of(), NOW.plusSeconds(29))).containsKey("a");
    assertThat(overlay.over(List.of(), NOW.plusSeconds(31))).isEmpty();
  }
}
