// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.OwnBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BlockersTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final ReconcileReport GOOD = ReportsTest.report(ReportsTest.served(BLOCK));
  private static final ReconcileReport WITHHELD =
      ReportsTest.report(ReportsTest.served(BLOCK).with(BlockState.DRAINING, "it is Draining"));

  private final List<String> calls = new ArrayList<>();
  private Optional<String> cni = Optional.empty();
  private boolean warm = true;
  private boolean configured = true;
  private Optional<Blocker> files = Optional.empty();
  private Optional<Blocker> schema = Optional.empty();
  private Optional<Blocker> memory = Optional.empty();
  private List<Blocker> ports = List.of();
  private Optional<Blocker> deletions = Optional.empty();
  private List<String> pools = List.of();
  private List<Blocker> paths = List.of();
  private List<Blocker> policies = List.of();

  private final Blockers blockers =
      new Blockers(
          new Blockers.Sources(
              () -> cni,
              () -> warm,
              () -> configured,
              () -> {
                calls.add("files");
                return files;
              },
              () -> schema,
              () -> memory,
              () -> ports,
              () -> deletions,
              () -> pools,
              () -> paths,
              () -> policies));

  @Test
  void a_node_on_which_nothing_is_wrong_serves() {
    assertThat(blockers.check(GOOD))
        .isEqualTo(new Blockers.Found(Optional.empty(), List.of(), Set.of(), Optional.empty()));
  }

  @Test
  void files_are_written_only_once_everything_else_serves() {
    cni = Optional.of("no socket");
    assertThat(blockers.check(GOOD).notServing()).contains("no socket");
    cni = Optional.empty();
    assertThat(blockers.check(ReportsTest.report()).notServing()).contains("no block");
    warm = false;
    assertThat(blockers.check(GOOD).notServing()).contains("the agent is warming up");
    assertThat(calls).isEmpty();

    warm = true;
    blockers.check(GOOD);
    assertThat(calls).containsExactly("files");
  }

  @Test
  void a_runtime_gets_its_first_configuration_once_a_block_is_allocatable() {
    configured = false;
    Blockers.Found found = blockers.check(WITHHELD);
    assertThat(found.notServing().orElse("")).contains("not written yet", "it is Draining");
    assertThat(calls).isEmpty();

    configured = true;
    found = blockers.check(WITHHELD);
    assertThat(found.notServing()).isEmpty();
    assertThat(found.warnings()).singleElement().asString().contains("it is Draining");
  }

  @Test
  void a_file_that_cannot_be_written_comes_before_an_outdated_schema() {
    schema = Optional.of(new Blocker(Blocker.SCHEMA_OUTDATED, "old"));
    assertThat(blockers.check(GOOD).notServing()).contains("old");
    files = Optional.of(new Blocker("FileWriteFailed", "read-only"));

    Blockers.Found found = blockers.check(GOOD);

    assertThat(found.notServing()).contains("read-only");
    assertThat(found.blockers()).containsExactly(files.get());
  }

  @Test
  void a_blocker_of_the_files_stays_reported_while_something_else_keeps_it_from_being_checked() {
    files = Optional.of(new Blocker("FileWriteFailed", "read-only"));
    blockers.check(GOOD);
    cni = Optional.of("no socket");

    Blockers.Found found = blockers.check(GOOD);

    assertThat(found.notServing()).contains("no socket");
    assertThat(found.blockers()).containsExactly(files.get());
  }

  @Test
  void
      what_a_peer_or_block_suffers_by_this_node_is_the_nodes_and_what_each_passes_through_is_not() {
    OwnBlock foreign =
        ReportsTest.served(Cidr.parse("10.244.1.0/24"))
            .with(BlockState.FOREIGN_ROUTE, "cni0 is there");

    Blockers.Found found = blockers.check(ReportsTest.report(foreign));

    assertThat(found.blockers()).containsExactly(foreign.blocker().orElseThrow());
    assertThat(found.degraded()).isEqualTo(foreign.blocker());
  }

  @Test
  void rules_of_policies_that_are_refused_degrade_the_node_and_have_events_of_their_own() {
    policies = List.of(new Blocker("PolicyRefused", "group 1"));

    Blockers.Found found = blockers.check(GOOD);

    assertThat(found.blockers()).isEmpty();
    assertThat(found.degraded()).isEqualTo(Optional.of(policies.get(0)));
  }

  @Test
  void a_refusal_of_several_changes_is_one_warning() {
    DataplaneException refusal =
        new DataplaneException(DataplaneException.Reason.OTHER, "write nftables table: EPERM");
    List<Dataplane.Failure> failures =
        Stream.of(
                Change.add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN),
                Change.add(MasqueradeRules.KIND, MasqueradeRules.ALTERED))
            .map(change -> new Dataplane.Failure(change, refusal))
            .toList();
    ReconcileReport refused =
        new ReconcileReport(GOOD.view(), GOOD.calculation(), GOOD.blocks(), List.of(), failures);

    assertThat(blockers.check(refused).warnings()).containsExactly("write nftables table: EPERM");
  }

  @Test
  void of_many_failures_some_are_listed_and_the_others_counted() {
    Change<AntiSpoofRules> change = Change.add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN);
    List<Dataplane.Failure> failures =
        IntStream.range(0, 5000)
            .mapToObj(i -> new DataplaneException(DataplaneException.Reason.MISSING, "route " + i))
            .map(error -> new Dataplane.Failure(change, error))
            .toList();
    ReconcileReport refused =
        new ReconcileReport(GOOD.view(), GOOD.calculation(), GOOD.blocks(), List.of(), failures);

    assertThat(blockers.check(refused).warnings())
        .hasSize(11)
        .startsWith("route 0", "route 1")
        .endsWith("4,990 more changes failed");
  }

  @Test
  void what_does_not_keep_pods_from_addresses_is_a_warning() {
    pools = List.of("IPPool p: exhausted");
    memory = Optional.of(new Blocker("FileWriteFailed", "no room"));
    ports = List.of(new Blocker("ProbePortTaken", "9470 is taken"));
    deletions = Optional.of(new Blocker(Blockers.DELETIONS_STUCK, "the kernel hangs"));
    paths = List.of(new Blocker(Blocker.DIRECT_BLOCKED, "node2"));

    Blockers.Found found = blockers.check(GOOD);

    assertThat(found.notServing()).isEmpty();
    assertThat(found.warnings())
        .containsExactly(
            "IPPool p: exhausted", "no room", "9470 is taken", "the kernel hangs", "node2");
    assertThat(found.blockers())
        .containsExactlyInAnyOrder(ports.get(0), memory.get(), deletions.get(), paths.get(0));
  }

  @Test
  void rules_of_policies_that_the_kernel_refuses_are_a_warning() {
    policies = List.of(new Blocker("PolicyRulesRefused", "group a is refused"));
    assertThat(blockers.check(GOOD).notServing()).isEmpty();
    assertThat(blockers.check(GOOD).warnings()).containsExactly("group a is refused");
  }
}
