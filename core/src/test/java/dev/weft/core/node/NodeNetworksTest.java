// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NodeNetworksTest {
  private static final IpAddress PEER = IpAddress.parse("192.168.1.12");
  private static final OwnBlock BLOCK = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of());

  private final NodeNetworks networks =
      networks("10.244.9.0/24", "10.244.1.64/26", "10.244.1.0/25");

  @Test
  void theLeastMtuOfTheLinksThatCarryTheNodesAddressesCounts() {
    assertThat(networks.mtuOf(List.of(IpAddress.parse("192.168.1.11")))).hasValue(1500);
    assertThat(networks.mtuOf(addresses("192.168.1.11", "fd01::11"))).hasValue(1400);
    assertThat(networks.mtuOf(addresses("172.16.0.1"))).isEmpty();
  }

  @Test
  void anAddressIsLocalWhereALinkCarriesIt() {
    assertThat(networks.isLocal(IpAddress.parse("fd01::11"))).isTrue();
    assertThat(networks.isLocal(PEER)).isFalse();
  }

  @Test
  void aNextHopIsOnTheLinkThatTheKernelReachesItBy() {
    assertThat(networks.linkTo(PEER)).contains("eth0");
    assertThat(networks.linkTo(IpAddress.parse("192.168.1.13"))).isEmpty();
  }

  @Test
  void aBlockOverANetworkOfTheNodeNamesItsAddressAndLink() {
    OwnBlock block = OwnBlock.of(Cidr.parse("192.168.1.128/25"), List.of());
    OwnBlock found = networks.unlessInTheWay(block);
    assertThat(found.state()).isEqualTo(BlockState.NODE_NETWORK);
    assertThat(found.message())
        .isEqualTo("block 192.168.1.128/25 overlaps the network of 192.168.1.11/24 on eth0");
    assertThat(networks.inWayOfPeer(block.cidr()))
        .contains(new Blocker(Blocker.NODE_NETWORK, found.message()));
  }

  @Test
  void aForeignRouteInsideABlockIsNamedTheFirstOfSeveral() {
    OwnBlock found = networks.unlessInTheWay(BLOCK);
    assertThat(found.state()).isEqualTo(BlockState.FOREIGN_ROUTE);
    assertThat(found.message())
        .isEqualTo("a route to 10.244.1.0/25 that is not ours lies in block 10.244.1.0/24");
  }

  @Test
  void ofAnotherNodesBlockOnlyARouteToAllOfItIsInTheWay() {
    assertThat(networks.inWayOfPeer(Cidr.parse("10.244.9.0/24")))
        .contains(
            new Blocker(
                Blocker.FOREIGN_ROUTE,
                "a route to 10.244.9.0/24 that is not ours is there already"));
    assertThat(networks.inWayOfPeer(BLOCK.cidr())).isEmpty();
  }

  @Test
  void aBlockThatNothingIsInTheWayOfStaysAsItIs() {
    assertThat(networks("10.244.0.0/16").unlessInTheWay(BLOCK)).isEqualTo(BLOCK);
  }

  private static NodeNetworks networks(String... foreignRoutes) {
    return new NodeNetworks(
        new NodeFacts(
            List.of(
                new NodeFacts.Interface(
                    "eth0", 1500, List.of(InterfaceAddress.parse("192.168.1.11/24"))),
                new NodeFacts.Interface(
                    "eth1", 1400, List.of(InterfaceAddress.parse("fd01::11/64")))),
            Set.of(),
            Map.of(PEER, "eth0"),
            Stream.of(foreignRoutes).map(Cidr::parse).collect(Collectors.toSet()),
            Set.of(),
            List.of()));
  }

  private static List<IpAddress> addresses(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).toList();
  }
}
