// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.Addresses;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import dev.weft.core.pool.Acceptance;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.BlockLayout;
import dev.weft.core.pool.BlockReport;
import dev.weft.core.pool.Owner;
import dev.weft.core.pool.PoolReport;
import dev.weft.core.pool.PoolVerdict;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolStatusesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final BlockLayout LAYOUT = BlockLayout.parse("10.244.0.0/16", 24, List.of());

  @Test
  void theRangeInForceIsKeptAsItIs() {
    IPPoolStatus before = new IPPoolStatus("10.244.0.0/16", 1L, 24, null, null, List.of());
    assertThat(status(before, report(PoolVerdict.Kind.READY, 1, List.of())).cidr())
        .isEqualTo("10.244.0.0/16");
    assertThat(status(null, report(PoolVerdict.Kind.READY, 1, List.of())).cidr()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10, 4, 10, 4",
    "10, 11, 10, 10",
    "9223372036854775807, 9223372036854775807, 256, 256"
  })
  void ofABlockNoMoreAddressesCountThanItHas(long capacity, long used, long all, long inUse) {
    BlockReport report = new BlockReport(true, capacity, used, false, false);
    Block block = block("10.244.0.0/24", Block.State.ACTIVE, report);
    Block claim = block("10.244.1.0/24", Block.State.CLAIMED, report);
    assertThat(PoolStatuses.addresses(List.of(block, claim)))
        .isEqualTo(new Addresses(all, inUse, all - inUse));
    Block large = block("fd00:244::/64", Block.State.ACTIVE, report);
    assertThat(PoolStatuses.addresses(List.of(large, large)).capacity()).isPositive();
  }

  private static Block block(String cidr, Block.State state, BlockReport report) {
    Owner owner = new Owner("node1", "uid", Machine.UNKNOWN);
    return new Block(
        Cidr.parse(cidr), owner, "default", NOW, state, Block.Release.NONE, NOW, report);
  }

  @ParameterizedTest
  @CsvSource({
    "ACCEPTED, True Accepted",
    "INVALID, False Invalid",
    "OVERLAPPING, False Overlapping",
    "NOT_CONTAINING, False NotContaining"
  })
  void acceptedSaysWhyARangeIsNotInForce(Acceptance.Kind kind, String expected) {
    PoolVerdict verdict =
        new PoolVerdict(
            PoolVerdict.Kind.READY,
            "",
            Optional.of(LAYOUT),
            new Acceptance(Optional.of(LAYOUT.cidr()), kind, "why"));
    IPPoolStatus status = status(null, report(verdict, 1, List.of()));
    assertThat(TestCluster.condition(status.conditions(), "Accepted")).isEqualTo(expected);
    assertThat(TestCluster.message(status.conditions(), "Accepted")).isEqualTo("why");
  }

  @ParameterizedTest
  @CsvSource({
    "READY, True Allocating",
    "NO_NEW_BLOCKS, False NoNewBlocks",
    "DRAINING, False Draining",
    "DELETING, False InUse",
    "OVERLAPPING, False Overlapping",
    "INVALID, False Invalid"
  })
  void readySaysWhyNoBlockIsAllocated(PoolVerdict.Kind kind, String expected) {
    IPPoolStatus status = status(null, report(kind, 1, List.of()));
    assertThat(TestCluster.condition(status.conditions(), "Ready")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"READY", "NO_NEW_BLOCKS", "OVERLAPPING", "INVALID"})
  void aPoolThatIsNotDrainedHasNoConditionDrained(PoolVerdict.Kind kind) {
    IPPoolStatus before = status(null, report(PoolVerdict.Kind.DRAINING, 1, List.of()));
    assertThat(TestCluster.condition(before.conditions(), "Drained")).isNotEmpty();
    IPPoolStatus status = status(before, report(kind, 1, List.of()));
    assertThat(TestCluster.condition(status.conditions(), "Drained")).isEmpty();
  }

  @Test
  void drainedNamesTenNodesAndHowManyMore() {
    List<String> nodes = IntStream.range(10, 30).mapToObj(i -> "node" + i).toList();
    IPPoolStatus status = status(null, report(PoolVerdict.Kind.DRAINING, 20, nodes));
    assertThat(TestCluster.condition(status.conditions(), "Drained"))
        .isEqualTo("False NoOtherPool");
    assertThat(TestCluster.message(status.conditions(), "Drained"))
        .contains("node10", "node19 and 10 more")
        .doesNotContain("node20");
  }

  @Test
  void drainedSaysWhatADrainWaitsFor() {
    List<String> nodes = List.of("node1");
    assertThat(drained(List.of(), List.of(), false)).isEqualTo("False BlocksInUse");
    assertThat(drained(nodes, List.of(), false)).isEqualTo("False NoOtherPool");
    assertThat(drained(nodes, List.of(), true)).isEqualTo("False Settling");
    assertThat(drained(List.of(), nodes, true)).isEqualTo("False OtherBlockNotServed");
  }

  private static String drained(List<String> stuck, List<String> unserved, boolean settling) {
    PoolVerdict verdict = report(PoolVerdict.Kind.DRAINING, 1, stuck).verdict();
    IPPoolStatus status = status(null, report(verdict, 1, stuck, unserved, settling));
    return TestCluster.condition(status.conditions(), "Drained");
  }

  @Test
  void aPoolWithoutBlocksIsDrainedAndATimeStaysWhereTheStatusDoes() {
    IPPoolStatus before = status(null, report(PoolVerdict.Kind.DRAINING, 0, List.of()));
    assertThat(TestCluster.condition(before.conditions(), "Drained")).isEqualTo("True NoBlocks");
    IPPoolStatus later =
        PoolStatuses.of(
            2L,
            before,
            Optional.of(LAYOUT),
            report(PoolVerdict.Kind.DELETING, 0, List.of()),
            new Addresses(0L, 0L, 0L),
            NOW.plusSeconds(60));
    assertThat(times(later, "Drained")).isEqualTo(times(before, "Drained"));
  }

  private static List<String> times(IPPoolStatus status, String type) {
    return status.conditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .map(Condition::getLastTransitionTime)
        .toList();
  }

  private static IPPoolStatus status(IPPoolStatus before, PoolReport report) {
    return PoolStatuses.of(
        1L, before, Optional.of(LAYOUT), report, new Addresses(253L, 7L, 246L), NOW);
  }

  private static PoolReport report(PoolVerdict.Kind kind, long allocated, List<String> stuck) {
    Optional<Cidr> range = Optional.of(LAYOUT.cidr());
    Acceptance acceptance = new Acceptance(range, Acceptance.Kind.ACCEPTED, "accepted");
    return report(
        new PoolVerdict(kind, "message", Optional.of(LAYOUT), acceptance), allocated, stuck);
  }

  private static PoolReport report(PoolVerdict verdict, long allocated, List<String> stuck) {
    return report(verdict, allocated, stuck, List.of(), false);
  }

  private static PoolReport report(
      PoolVerdict verdict,
      long allocated,
      List<String> stuck,
      List<String> unserved,
      boolean settling) {
    return new PoolReport(
        verdict,
        256,
        allocated,
        255,
        List.of("owner"),
        List.of(),
        List.of(),
        stuck,
        unserved,
        settling,
        "");
  }
}
