// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
  private static final IpAddress FOUR = IpAddress.parse("192.168.1.11");
  private static final IpAddress SIX = IpAddress.parse("fd00:1::11");

  @Test
  void the_first_address_of_each_family_counts() {
    Endpoint endpoint =
        Endpoint.firstOfEachFamily(
            List.of(SIX, FOUR, IpAddress.parse("192.168.2.11"), IpAddress.parse("fd00:2::11")));

    assertThat(endpoint).isEqualTo(new Endpoint(List.of(FOUR, SIX)));
    assertThat(endpoint.address(Family.IPV4)).contains(FOUR);
    assertThat(endpoint.address(Family.IPV6)).contains(SIX);
    assertThat(endpoint.isKnown()).isTrue();
  }

  @Test
  void an_endpoint_of_one_family_has_no_address_of_the_other() {
    Endpoint endpoint = Endpoint.firstOfEachFamily(List.of(FOUR));

    assertThat(endpoint.address(Family.IPV6)).isEmpty();
    assertThat(endpoint.isKnown()).isTrue();
  }

  @Test
  void endpoints_with_another_tunnel_are_another_and_one_of_a_peer_made_again_keeps_its_own() {
    MacAddress mac = MacAddress.parse("02:00:00:00:00:12");
    AllocationMaker told =
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.12").withVxlan(mac);
    AllocationMaker plain = AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.12");

    assertThat(told.made().endpoint())
        .isEqualTo(
            new Endpoint(
                List.of(IpAddress.parse("192.168.1.12")), Optional.empty(), Optional.of(mac)));
    assertThat(told.made().isLike(plain.made())).isFalse();
    assertThat(new Endpoint(List.of(FOUR)).vxlan()).isEmpty();
    Allocation untold = AllocationMaker.of("10.244.2.0/24", "node2", "uid2").made();
    assertThat(untold.orEndpointOf(told.made()).endpoint().vxlan()).contains(mac);
    assertThat(plain.made().orEndpointOf(told.made()).endpoint().vxlan()).isEmpty();
  }

  @Test
  void an_endpoint_with_a_tunnel_but_no_address_is_not_known() {
    Endpoint endpoint = new Endpoint(List.of(), Optional.empty(), Optional.of(MacAddress.BRIDGE));
    assertThat(endpoint.isKnown()).isFalse();
  }

  @Test
  void an_endpoint_that_was_not_reported_is_not_known() {
    assertThat(Endpoint.firstOfEachFamily(List.of())).isEqualTo(Endpoint.UNKNOWN);
    assertThat(Endpoint.UNKNOWN.isKnown()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "127.0.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "ff02::1",
      })
  void an_address_that_no_node_has_is_refused(String address) {
    Endpoint endpoint =
        Endpoint.reported(
            List.of(FOUR, IpAddress.parse(address)), Optional.empty(), Optional.empty(), "uid2");
    assertThat(endpoint.isKnown()).isFalse();
    assertThat(endpoint.refusal().orElseThrow()).contains("no node has the address");
  }

  @Test
  void a_tunnel_of_another_nodes_device_is_refused_and_the_addresses_are_not() {
    MacAddress mac = MacAddress.ofNode("uid2");
    assertThat(reported(mac, "uid2").vxlan()).contains(mac);
    for (MacAddress foreign :
        List.of(
            MacAddress.ofNode("uid3"), MacAddress.BRIDGE, MacAddress.parse("ff:ff:ff:ff:ff:ff"))) {
      Endpoint refused = reported(foreign, "uid2");
      assertThat(refused.tunnelRefusal().orElseThrow()).contains(foreign.toString(), "uid2");
      assertThat(refused.vxlan()).isEmpty();
      assertThat(refused.refusal()).isEmpty();
      assertThat(refused.addresses()).containsExactly(FOUR);
    }
    assertThat(reported(mac, "").vxlan()).as("of a Node of unknown UID").isEmpty();
    assertThat(reported(mac, "").address(Family.IPV4)).contains(FOUR);
  }

  private static Endpoint reported(MacAddress mac, String uid) {
    return Endpoint.reported(List.of(FOUR), Optional.empty(), Optional.of(mac), uid);
  }

  @Test
  void what_is_refused_does_not_pass_for_what_was_reported_before() {
    AllocationMaker before =
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2").at("192.168.1.12");
    Allocation refused =
        AllocationMaker.of("10.244.2.0/24", "node2", "uid2")
            .with(Endpoint.refused("of a test"))
            .made();
    assertThat(refused.orEndpointOf(before.made()).endpoint().refusal()).contains("of a test");
  }
}
