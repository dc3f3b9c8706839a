// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.Peers;
import dev.weft.core.policy.PolicyNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyNodesTest {
  private static final Cidr OWN = Cidr.parse("10.244.1.0/24");
  private static final List<IpAddress> ADDRESSES = List.of(IpAddress.parse("192.168.1.11"));

  @Test
  void aNodeHasItsAddressesAndItsBlocks() {
    assertThat(
            nodes(
                peer("node2", "10.244.2.0/24", Peer.State.NOT_IN_POOL),
                peer("node2", "fd00:244:0:2::/64", Peer.State.LISTED)))
        .containsExactly(
            new PolicyNode(
                "node2",
                List.of(IpAddress.parse("192.168.1.12")),
                List.of(Cidr.parse("10.244.2.0/24"), Cidr.parse("fd00:244:0:2::/64"))),
            new PolicyNode("node1", ADDRESSES, List.of(OWN)));
  }

  @ParameterizedTest
  @EnumSource(
      value = Peer.State.class,
      names = {"OVERLAPPING", "RELEASING"})
  void aBlockThatNoRouteLeadsToIsNoNodes(Peer.State state) {
    assertThat(nodes(peer("node2", "8.8.8.0/24", state)))
        .extracting(PolicyNode::name)
        .containsExactly("node1");
  }

  private static List<PolicyNode> nodes(Peer... peers) {
    return PolicyNodes.of(
        new ClusterView(
            true,
            List.of(OwnBlock.of(OWN, List.of())),
            new Peers(List.of(peers), Set.of(), false),
            Optional.empty(),
            ADDRESSES),
        "node1");
  }

  private static Peer peer(String node, String block, Peer.State state) {
    Endpoint endpoint = Endpoint.firstOfEachFamily(List.of(IpAddress.parse("192.168.1.12")));
    return new Peer(node, Cidr.parse(block), endpoint, state, Instant.EPOCH);
  }
}
