// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.policy.RuleCount;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PodPolicies;
import dev.weft.core.policy.PodPolicies.Accept;
import dev.weft.core.policy.PodPolicies.Side;
import dev.weft.core.policy.PolicyMode;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyProgram;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PolicyReportTest {
  private static final IpAddress WEB = IpAddress.parse("10.1.0.2");
  private static final IpAddress WEB_6 = IpAddress.parse("fd00:1::2");
  private static final IpAddress UNNAMED = IpAddress.parse("10.1.0.3");
  private static final PolicyProgram PROGRAM =
      new PolicyProgram(
          Map.of(),
          Map.of(),
          Map.of(WEB, "in", WEB_6, "in", UNNAMED, PolicyProgram.CLOSED),
          Map.of(WEB, "out"));

  @Test
  void drops_are_listed_by_packets_with_the_pods_that_they_are_of() {
    List<RuleCount> counts =
        List.of(
            new RuleCount(Direction.INGRESS, "in", OptionalInt.of(0), 99, 1),
            new RuleCount(Direction.INGRESS, "in", OptionalInt.empty(), 3, 1),
            new RuleCount(Direction.EGRESS, "out", OptionalInt.empty(), 0, 0),
            new RuleCount(Direction.INGRESS, PolicyProgram.CLOSED, OptionalInt.empty(), 7, 1),
            new RuleCount(Direction.EGRESS, PolicyProgram.CLOSED, OptionalInt.empty(), 1, 1));
    Map<IpAddress, String> names = Map.of(WEB, "shop/web", WEB_6, "shop/web");

    assertThat(PolicyReport.drops(PROGRAM, counts, names, PolicyMode.ENFORCE))
        .containsExactly(
            new PolicyItem(
                "drop", "ingress closed", "7", "packets that no policy accepts, of 10.1.0.3"),
            new PolicyItem(
                "drop", "ingress in", "3", "packets that no policy accepts, of shop/web"),
            new PolicyItem(
                "drop",
                "egress closed",
                "1",
                "packets that no policy accepts, of pods that are gone"));
    assertThat(PolicyReport.drops(PROGRAM, counts, names, PolicyMode.AUDIT))
        .extracting(PolicyItem::kind)
        .containsOnly("count");
  }

  @Test
  void manyAddressesAreAFewAndANumber() {
    List<Cidr> cidrs =
        IntStream.range(0, 9).mapToObj(i -> Cidr.parse("11.0.0." + i + "/32")).toList();
    Accept set =
        accept(
            new PolicyProgram.Peer.Addresses("some", Family.IPV4),
            cidrs.stream().<PolicyPeer>map(cidr -> new PolicyPeer.Range(cidr, List.of())).toList());
    Cidr all = Cidr.parse("11.0.0.0/8");
    Accept range =
        accept(new PolicyProgram.Peer.Range(all, cidrs), List.of(new PolicyPeer.Range(all, cidrs)));
    Side side =
        new Side(
            Direction.INGRESS,
            List.of(WEB),
            Optional.of("in"),
            Optional.empty(),
            List.of(),
            List.of(set, range));

    assertThat(
            new PolicyReport(
                    new PodPolicies("shop", "web", List.of(side)), List.of(), PolicyMode.ENFORCE)
                .rows())
        .extracting(PolicyRow::peer)
        .contains(
            "11.0.0.0/32,11.0.0.1/32,11.0.0.2/32,11.0.0.3/32,11.0.0.4/32 and 4 more (9 of IPv4)",
            "11.0.0.0/8 except 11.0.0.0/32,11.0.0.1/32,11.0.0.2/32,11.0.0.3/32,11.0.0.4/32 and 4 more");
  }

  private static Accept accept(PolicyProgram.Peer peer, List<PolicyPeer> from) {
    return new Accept(0, new PolicyProgram.Clause("shop/p", 0, peer, List.of()), from, 9);
  }
}
