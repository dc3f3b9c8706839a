// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.PoolRange;
import dev.weft.core.pool.Block;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ResourceMapperTest {
  private static final Cidr WIDE = Cidr.parse("10.244.0.0/15");
  private static final Cidr IN_FORCE = Cidr.parse("10.244.0.0/16");

  @Test
  void the_range_in_force_is_the_one_of_the_status_whatever_is_declared() {
    PoolRange pool = ResourceMapper.pool(pool(status(IN_FORCE.toString(), 0L)));

    assertThat(pool.declared()).isEqualTo(WIDE);
    assertThat(pool.inForce()).contains(IN_FORCE);
    assertThat(pool.decided()).isTrue();
  }

  @Test
  void a_status_of_version_0_1_has_the_declared_range_in_force_once_there_are_blocks() {
    PoolRange used = ResourceMapper.pool(pool(status(null, 1L)));
    assertThat(used.inForce()).contains(WIDE);
    assertThat(used.decided()).isTrue();

    PoolRange rejected = ResourceMapper.pool(pool(status(null, 0L)));
    assertThat(rejected.inForce()).isEmpty();
    assertThat(rejected.decided()).isTrue();
    assertThat(ResourceMapper.pool(pool(status(null, null))).inForce()).isEmpty();
  }

  @Test
  void a_pool_without_a_status_is_not_decided_on() {
    PoolRange pool = ResourceMapper.pool(pool(null));

    assertThat(pool.inForce()).isEmpty();
    assertThat(pool.decided()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "Active,,true",
    "NoNewBlocks,,false",
    "Draining,,false",
    ",,true",
    ",true,false",
    ",false,true",
    "Active,true,false",
    "Draining,false,false"
  })
  void only_an_active_pool_that_is_not_disabled_gives_blocks(
      IPPoolSpec.State state, Boolean disabled, boolean active) {
    IPPool pool = pool(null);
    pool.setSpec(
        new IPPoolSpec(WIDE.toString(), null, null, null, null, state, disabled, null, null));

    assertThat(ResourceMapper.pool(pool).active()).isEqualTo(active);
  }

  @ParameterizedTest
  @CsvSource({
    "Accepted,False,Overlapping,true",
    "Accepted,False,AnyReason,true",
    "Accepted,True,Accepted,false",
    "Ready,False,Exhausted,true",
    "Ready,False,Invalid,true",
    "Ready,False,Draining,false",
    "Ready,True,Allocating,false",
    "Drained,False,NoOtherPool,false",
    "Overlapping,True,PoolOverlap,false"
  })
  void a_pool_is_in_trouble_where_it_is_not_what_was_declared(
      String type, String status, String reason, boolean trouble) {
    IPPool pool =
        pool(
            new IPPoolStatus(
                null, null, null, null, null, List.of(condition(type, status, reason))));

    assertThat(ResourceMapper.poolTrouble(pool).isPresent()).isEqualTo(trouble);
  }

  @ParameterizedTest
  @CsvSource({"Overlapping,False,true", "Overlapping,True,false", "Accepted,False,false"})
  void a_pool_that_overlaps_nothing_is_of_pods_only(String type, String status, boolean podsOnly) {
    IPPool pool =
        pool(
            new IPPoolStatus(
                null, null, null, null, null, List.of(condition(type, status, "RangeFree"))));

    assertThat(ResourceMapper.pool(pool).podsOnly()).isEqualTo(podsOnly);
    assertThat(ResourceMapper.pool(pool(null)).podsOnly()).isFalse();
    assertThat(ResourceMapper.pool(pool(status(null, 0L))).podsOnly()).isFalse();
  }

  @Test
  void a_pool_without_conditions_is_in_no_trouble() {
    assertThat(ResourceMapper.poolTrouble(pool(null))).isEmpty();
    assertThat(ResourceMapper.poolTrouble(pool(status(null, 0L)))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(IPAllocationSpec.State.class)
  void an_allocation_has_its_state_and_generation(IPAllocationSpec.State state) {
    IPAllocation object = TestApiServer.in(state, allocation());
    object.getMetadata().setGeneration(7L);

    assertThat(ResourceMapper.allocation(object, "node1").state().name())
        .isEqualToIgnoringCase(state.name());
    assertThat(ResourceMapper.allocation(object, "node1").generation()).isEqualTo(7);
  }

  @Test
  void an_allocation_without_a_state_is_active() {
    assertThat(ResourceMapper.allocation(allocation(), "node1").state())
        .isEqualTo(Block.State.ACTIVE);
    assertThat(ResourceMapper.allocation(allocation(), "node1").generation()).isZero();
  }

  private static final String MAC = MacAddress.ofNode("u1").toString();

  @Test
  void an_endpoint_has_the_tunnel_that_its_agent_told() {
    IPAllocation object = allocation();
    object.setStatus(
        new IPAllocationStatus(
            null,
            new IPAllocationStatus.Endpoint(
                List.of("192.168.1.11"), new IPAllocationStatus.Vxlan(MAC), null),
            null,
            null));

    assertThat(ResourceMapper.allocation(object, "node2").endpoint().vxlan())
        .contains(MacAddress.parse(MAC));
    assertThat(ResourceMapper.allocation(allocation(), "node2").endpoint().vxlan()).isEmpty();
  }

  @Test
  void an_endpoint_without_addresses_is_not_known() {
    IPAllocation object = allocation();
    object.setStatus(
        new IPAllocationStatus(
            null, new IPAllocationStatus.Endpoint(null, null, null), null, null));

    assertThat(ResourceMapper.allocation(object, "node2").endpoint().isKnown()).isFalse();
  }

  private static IPAllocation allocation() {
    return TestApiServer.allocation("10.244.1.0/24", "node1", "u1", "192.168.1.11");
  }

  private static IPPoolStatus status(String cidr, Long allocated) {
    return new IPPoolStatus(
        cidr, null, null, new IPPoolStatus.Blocks(256L, allocated, null), null, null);
  }

  private static IPPool pool(IPPoolStatus status) {
    IPPool object = new IPPool();
    object.setMetadata(new ObjectMetaBuilder().withName("pool").build());
    object.setSpec(new IPPoolSpec(WIDE.toString(), null, null, null, null, null, null, null, null));
    object.setStatus(status);
    return object;
  }

  private static Condition condition(String type, String status, String reason) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage("it is so")
        .build();
  }
}
