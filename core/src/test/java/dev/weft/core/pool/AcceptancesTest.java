// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.accepted;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.claimed;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.invalid;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AcceptancesTest {
  private static final ClusterNode NODE = node("node1", 1);
  private static final Pool A = pool("a", "10.0.0.0/16", 24);
  private static final Pool WIDENED = accepted(pool("a", "10.0.0.0/15", 24), "10.0.0.0/16");
  private static final Pool B = created(accepted(pool("b", "10.1.0.0/16", 24), "10.1.0.0/16"), 5);
  private static final Block OF_A = block("10.0.1.0/24", NODE, "a");

  private static Map<String, PoolVerdict> verdicts(
      List<Pool> pools, List<Block> blocks, String... serviceCidrs) {
    return AllocationPlanner.plan(
            new ClusterState(
                pools,
                List.of(),
                blocks,
                List.of(),
                Stream.of(serviceCidrs).map(Cidr::parse).toList()),
            PoolSamples.TIMES,
            PoolSamples.at(100))
        .pools()
        .entrySet()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, report -> report.getValue().verdict()));
  }

  private static void assertAcceptance(
      PoolVerdict verdict, String range, Acceptance.Kind kind, String message) {
    Optional<Cidr> inForce = Optional.of(range).filter(one -> !one.isEmpty()).map(Cidr::parse);
    assertThat(verdict.acceptance()).isEqualTo(new Acceptance(inForce, kind, message));
    assertThat(verdict.layout().map(BlockLayout::cidr))
        .isEqualTo(kind == Acceptance.Kind.INVALID ? Optional.empty() : inForce);
  }

  private static void assertAccepted(PoolVerdict verdict, String range) {
    assertAcceptance(verdict, range, Acceptance.Kind.ACCEPTED, "spec.cidr is the range in force");
  }

  @Test
  void theRangeThatIsDeclaredFirstIsAccepted() {
    PoolVerdict verdict = verdicts(List.of(A), List.of()).get("a");
    assertAccepted(verdict, "10.0.0.0/16");
    assertThat(verdict.allocates()).isTrue();
  }

  @Test
  void aWideningThatOverlapsNothingIsAcceptedWithAndWithoutBlocks() {
    assertAccepted(verdicts(List.of(WIDENED), List.of(OF_A)).get("a"), "10.0.0.0/15");
    assertAccepted(verdicts(List.of(WIDENED), List.of()).get("a"), "10.0.0.0/15");
  }

  @Test
  void aWideningOverAnotherPoolIsNotAcceptedAndTheOldRangeGoesOn() {
    for (List<Block> blocks : List.of(List.<Block>of(), List.of(OF_A))) {
      for (Pool other : List.of(B, deleting(B), created(B, -5))) {
        Map<String, PoolVerdict> verdicts = verdicts(List.of(WIDENED, other), blocks);
        assertAcceptance(
            verdicts.get("a"),
            "10.0.0.0/16",
            Acceptance.Kind.OVERLAPPING,
            "10.0.0.0/15 overlaps IPPool b (10.1.0.0/16); 10.0.0.0/16 stays in force; set"
                + " spec.cidr back to it or to another that holds it");
        assertThat(verdicts.get("a").allocates()).isTrue();
        assertAccepted(verdicts.get("b"), "10.1.0.0/16");
      }
    }
  }

  @Test
  void aWideningOverAServiceCidrIsNotAcceptedAndTheOldRangeGoesOn() {
    PoolVerdict verdict = verdicts(List.of(WIDENED), List.of(OF_A), "10.1.7.0/24").get("a");
    assertAcceptance(
        verdict,
        "10.0.0.0/16",
        Acceptance.Kind.OVERLAPPING,
        "10.0.0.0/15 overlaps the Service CIDR 10.1.7.0/24; 10.0.0.0/16 stays in force; set"
            + " spec.cidr back to it or to another that holds it");
    assertThat(verdict.allocates()).isTrue();
  }

  @Test
  void ofSeveralPoolsInTheWayOfAWideningTheOldestIsNamed() {
    Pool small = created(accepted(pool("z", "10.1.0.0/17", 24), "10.1.0.0/17"), 2);
    Pool other = created(accepted(pool("y", "10.1.128.0/17", 24), "10.1.128.0/17"), 3);
    assertThat(verdicts(List.of(other, WIDENED, small), List.of()).get("a").acceptance().message())
        .startsWith("10.0.0.0/15 overlaps IPPool z (10.1.0.0/17);");
  }

  @Test
  void aRangeThatIsNarrowedBackToTheOneInForceIsAccepted() {
    assertAccepted(
        verdicts(List.of(accepted(A, "10.0.0.0/16"), B), List.of(OF_A)).get("a"), "10.0.0.0/16");
  }

  @Test
  void aRangeIsKeptWhileItHasBlocksWhateverIsDeclaredAndFreedOnceItHasNone() {
    Pool moved = accepted(pool("a", "10.9.0.0/16", 24), "10.0.0.0/16");
    assertAcceptance(
        verdicts(List.of(moved), List.of(OF_A)).get("a"),
        "10.0.0.0/16",
        Acceptance.Kind.NOT_CONTAINING,
        "spec.cidr 10.9.0.0/16 does not hold 10.0.0.0/16, of which there are blocks; that range"
            + " stays in force");
    assertAccepted(verdicts(List.of(moved), List.of()).get("a"), "10.9.0.0/16");
    assertAccepted(
        verdicts(List.of(moved), List.of(block("10.0.1.0/24", NODE, "b"))).get("a"), "10.9.0.0/16");
  }

  @Test
  void aFreedRangeIsFreeForANewerPoolAndAKeptOneIsNot() {
    Pool moved = accepted(pool("a", "10.9.0.0/16", 24), "10.0.0.0/16");
    Pool newer = created(pool("n", "10.0.128.0/17", 24), 5);
    assertAccepted(verdicts(List.of(moved, newer), List.of()).get("n"), "10.0.128.0/17");
    assertAcceptance(
        verdicts(List.of(moved, newer), List.of(OF_A)).get("n"),
        "",
        Acceptance.Kind.OVERLAPPING,
        "10.0.128.0/17 overlaps IPPool a (10.0.0.0/16); choose another range");
  }

  @Test
  void blocksOfAPoolWithoutAStatusShowThatItsDeclaredRangeWasInForce() {
    Pool older = created(pool("older", "10.0.0.0/17", 24), -5);
    Map<String, PoolVerdict> verdicts = verdicts(List.of(older, A), List.of(OF_A));
    assertAccepted(verdicts.get("a"), "10.0.0.0/16");
    assertAcceptance(
        verdicts.get("older"),
        "",
        Acceptance.Kind.OVERLAPPING,
        "10.0.0.0/17 overlaps IPPool a (10.0.0.0/16); choose another range");
  }

  @Test
  void claimsDoNotCountAsBlocksOfARange() {
    Pool older = created(pool("older", "10.0.0.0/17", 24), -5);
    Map<String, PoolVerdict> verdicts = verdicts(List.of(older, A), List.of(claimed(OF_A)));
    assertAccepted(verdicts.get("older"), "10.0.0.0/17");
    assertThat(verdicts.get("a").acceptance().range()).isEmpty();
  }

  @Test
  void aNewerPoolThatOverlapsIsRejectedAndHasNoRange() {
    Pool newer = created(pool("n", "10.0.128.0/17", 24), 5);
    PoolVerdict verdict = verdicts(List.of(newer, A), List.of()).get("n");
    assertAcceptance(
        verdict,
        "",
        Acceptance.Kind.OVERLAPPING,
        "10.0.128.0/17 overlaps IPPool a (10.0.0.0/16); choose another range");
    assertThat(verdict.kind()).isEqualTo(PoolVerdict.Kind.OVERLAPPING);
    assertThat(verdict.message()).isEqualTo(verdict.acceptance().message());
  }

  @Test
  void ofTwoRangesThatOverlapAndHaveBlocksBothStayAndTheOlderAllocates() {
    Pool newer = created(pool("n", "10.0.128.0/17", 24), 5);
    Map<String, PoolVerdict> verdicts =
        verdicts(List.of(newer, A), List.of(OF_A, block("10.0.200.0/24", NODE, "n")));
    assertAccepted(verdicts.get("a"), "10.0.0.0/16");
    assertAccepted(verdicts.get("n"), "10.0.128.0/17");
    assertThat(verdicts.get("a").allocates()).isTrue();
    assertThat(verdicts.get("n").kind()).isEqualTo(PoolVerdict.Kind.OVERLAPPING);
    assertThat(verdicts.get("n").message())
        .isEqualTo(
            "10.0.128.0/17 overlaps the older IPPool a (10.0.0.0/16); nothing is allocated from"
                + " the newer one");
  }

  @Test
  void aServiceCidrThatComesToOverlapARangeEndsItOnlyWhereItHasNoBlocks() {
    Pool used = accepted(A, "10.0.0.0/16");
    PoolVerdict kept = verdicts(List.of(used), List.of(OF_A), "10.0.0.0/24").get("a");
    assertAccepted(kept, "10.0.0.0/16");
    assertThat(kept.kind()).isEqualTo(PoolVerdict.Kind.OVERLAPPING);
    assertThat(kept.message())
        .isEqualTo("10.0.0.0/16 overlaps the Service CIDR 10.0.0.0/24; choose another range");
    assertAcceptance(
        verdicts(List.of(used), List.of(), "10.0.0.0/24").get("a"),
        "",
        Acceptance.Kind.OVERLAPPING,
        "10.0.0.0/16 overlaps the Service CIDR 10.0.0.0/24; choose another range");
  }

  @Test
  void anInvalidPoolKeepsItsRangeWhileItHasBlocks() {
    Pool invalid = accepted(invalid("a", "why"), "10.0.0.0/16");
    assertAcceptance(
        verdicts(List.of(invalid), List.of(OF_A)).get("a"),
        "10.0.0.0/16",
        Acceptance.Kind.INVALID,
        "why");
    assertAcceptance(
        verdicts(List.of(invalid), List.of()).get("a"), "", Acceptance.Kind.INVALID, "why");
  }
}
