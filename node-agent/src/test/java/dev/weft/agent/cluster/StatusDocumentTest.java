// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Routing;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusDocumentTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = NOW.plus(Duration.ofHours(1));
  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:07");

  @Test
  void a_block_that_is_not_given_back_has_no_drained_condition() {
    assertThat(wanted(null, block(1, Optional.empty()), NOW).conditions())
        .extracting(Condition::getType)
        .containsExactly("Programmed", "Pressure", "Degraded");
  }

  @Test
  void a_drain_says_for_which_generation_and_why() {
    Condition busy = drained(wanted(null, block(1, drain(3, false, "by blue")), NOW));
    assertThat(busy)
        .extracting(
            Condition::getStatus,
            Condition::getReason,
            Condition::getMessage,
            Condition::getObservedGeneration)
        .containsExactly("False", "AddressesInUse", "by blue", 3L);

    Condition done = drained(wanted(null, block(0, drain(3, true, "none")), NOW));
    assertThat(done)
        .extracting(Condition::getStatus, Condition::getReason, Condition::getObservedGeneration)
        .containsExactly("True", "NoAddressInUse", 3L);
  }

  @Test
  void another_generation_is_another_status_and_dates_nothing_anew() {
    IPAllocationStatus third = wanted(null, block(0, drain(3, true, "none")), NOW);
    IPAllocationStatus fifth = wanted(third, block(0, drain(5, true, "none")), LATER);

    assertThat(StatusDocument.sameAtOnce(third, fifth)).isFalse();
    assertThat(drained(fifth).getLastTransitionTime()).isEqualTo(NOW.toString());
  }

  @Test
  void a_drain_that_is_over_takes_its_condition_along() {
    IPAllocationStatus draining = wanted(null, block(0, drain(3, true, "none")), NOW);
    IPAllocationStatus kept = wanted(draining, block(0, Optional.empty()), LATER);

    assertThat(StatusDocument.sameAtOnce(draining, kept)).isFalse();
    assertThat(kept.conditions()).extracting(Condition::getType).doesNotContain("Drained");
  }

  @Test
  void who_has_the_addresses_is_written_within_the_budget_of_their_count() {
    IPAllocationStatus two = wanted(null, block(2, drain(3, false, "by blue, red")), NOW);
    IPAllocationStatus one = wanted(two, block(1, drain(3, false, "by red")), LATER);

    assertThat(StatusDocument.sameAtOnce(two, one)).isTrue();
    assertThat(StatusDocument.same(two, one)).isFalse();
    assertThat(StatusDocument.same(one, one)).isTrue();
  }

  @Test
  void the_last_address_that_goes_is_no_matter_of_the_budget() {
    IPAllocationStatus one = wanted(null, block(1, drain(3, false, "by red")), NOW);
    IPAllocationStatus none = wanted(one, block(0, drain(3, true, "none")), LATER);

    assertThat(StatusDocument.sameAtOnce(one, none)).isFalse();
    assertThat(drained(none).getLastTransitionTime()).isEqualTo(LATER.toString());
  }

  @Test
  void an_endpoint_has_its_tunnel_or_none() {
    assertThat(wanted(null, block(1, Optional.empty()), NOW).endpoint().vxlan()).isNull();
    assertThat(
            wanted(null, block(1, Optional.empty(), Optional.of(MAC)), NOW)
                .endpoint()
                .vxlan()
                .mac())
        .isEqualTo("02:00:00:00:00:07");
  }

  @Test
  void the_routing_of_the_pool_is_the_allocations_and_another_one_is_written() {
    IPAllocationStatus wanted = wanted(null, block(1, Optional.empty()), NOW);
    IPAllocationStatus before =
        new IPAllocationStatus(
            wanted.phase(),
            wanted.endpoint(),
            wanted.addresses(),
            wanted.conditions(),
            IPPoolSpec.Routing.Auto);

    assertThat(wanted.routing()).isEqualTo(IPPoolSpec.Routing.VXLAN);
    assertThat(StatusDocument.sameAtOnce(before, wanted)).isFalse();
  }

  private static Optional<BlockStatus.Drain> drain(long generation, boolean done, String message) {
    return Optional.of(new BlockStatus.Drain(generation, done, message));
  }

  private static Condition drained(IPAllocationStatus status) {
    return find(status, "Drained");
  }

  private static Condition find(IPAllocationStatus status, String type) {
    return status.conditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void what_is_wrong_with_the_node_is_a_condition_that_is_not_written_at_once() {
    IPAllocationStatus good = wanted(null, block(0, Optional.empty()), NOW);
    assertThat(find(good, "Degraded"))
        .extracting(Condition::getStatus, Condition::getReason)
        .containsExactly("False", "AsExpected");

    BlockStatus block = block(0, Optional.empty());
    BlockStatus degraded =
        new BlockStatus(
            block.block(),
            block.endpoint(),
            block.capacity(),
            block.used(),
            block.programmed(),
            block.reason(),
            block.message(),
            block.pressure(),
            block.routing(),
            block.drain(),
            Optional.of(new Blocker(Blocker.STRICT_REVERSE_PATH, "link eth0")));
    IPAllocationStatus bad = wanted(good, degraded, LATER);

    assertThat(find(bad, "Degraded"))
        .extracting(
            Condition::getStatus,
            Condition::getReason,
            Condition::getMessage,
            Condition::getLastTransitionTime)
        .containsExactly("True", "StrictReversePath", "link eth0", LATER.toString());
    assertThat(StatusDocument.sameAtOnce(good, bad)).isTrue();
    assertThat(StatusDocument.same(good, bad)).isFalse();
  }

  private static IPAllocationStatus wanted(
      IPAllocationStatus before, BlockStatus block, Instant now) {
    IPAllocation object = TestApiServer.allocation("10.244.1.0/24", "node1", "u1", "192.168.1.11");
    object.setStatus(before);
    return StatusDocument.wanted(object, block, now);
  }

  private static BlockStatus block(long used, Optional<BlockStatus.Drain> drain) {
    return block(used, drain, Optional.empty());
  }

  private static BlockStatus block(
      long used, Optional<BlockStatus.Drain> drain, Optional<MacAddress> vxlan) {
    return new BlockStatus(
        Cidr.parse("10.244.1.0/24"),
        new Endpoint(List.of(IpAddress.parse("192.168.1.11")), Optional.empty(), vxlan),
        250,
        used,
        true,
        "Active",
        "programmed",
        false,
        Routing.VXLAN,
        drain,
        Optional.empty());
  }
}
