// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChangeTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final IpAddress POD = IpAddress.parse("10.244.1.2");
  private static final MacAddress MAC = MacAddress.derivedFrom(POD);
  private static final Bridge BRIDGE = new Bridge(MacAddress.BRIDGE, 1500, true);
  private static final Gateway GATEWAY = new Gateway(InterfaceAddress.parse("10.244.1.1/24"));

  @Test
  void saysWhatHappensToWhichObject() {
    assertThat(
            Stream.of(
                    Change.add(Bridge.KIND, BRIDGE),
                    Change.remove(Gateway.KIND, GATEWAY),
                    Change.remove(
                        ForeignAddress.KIND,
                        new ForeignAddress(InterfaceAddress.parse("10.244.1.9/25"))),
                    Change.remove(
                        ForeignRoute.KIND, new ForeignRoute(Cidr.parse("10.244.1.0/25"), 4, 100)),
                    Change.add(AntiSpoofEntry.KIND, new AntiSpoofEntry("wf0", MAC, POD)),
                    Change.replace(
                        Neighbour.KIND,
                        new Neighbour(POD, new MacAddress(9)),
                        new Neighbour(POD, MAC)),
                    Change.replace(HostVeth.KIND, hostVeth(false), hostVeth(true)))
                .map(Change::describe))
        .containsExactly(
            "add bridge v-net-0",
            "delete gateway 10.244.1.1/24 on v-net-0",
            "delete foreign address 10.244.1.9/25 on v-net-0",
            "delete foreign route 10.244.1.0/25 dev v-net-0 proto 4 metric 100",
            "add anti-spoofing entry 10.244.1.2 lladdr 0a:58:0a:f4:01:02 dev wf0",
            "replace neighbour 10.244.1.2 lladdr 00:00:00:00:00:09"
                + " with 10.244.1.2 lladdr 0a:58:0a:f4:01:02",
            "repair host veth wf0");
  }

  @Test
  void aBlockNeedsBridgeAndRulesItsGatewayAndTheRouteForItsRest() {
    Cidr other = Cidr.parse("10.244.2.0/24");

    assertThat(
            Stream.of(
                Change.add(Bridge.KIND, BRIDGE),
                Change.add(Gateway.KIND, GATEWAY),
                Change.replace(
                    AntiSpoofRules.KIND, new AntiSpoofRules(false), AntiSpoofRules.WRITTEN),
                Change.add(MasqueradeRules.KIND, MasqueradeRules.of(Masquerade.NONE)),
                Change.add(HostPortRules.KIND, HostPortRules.of(Set.of())),
                Change.add(Route.KIND, Route.blockRest(BLOCK))))
        .allMatch(change -> change.isNeededFor(BLOCK));
    assertThat(
            Stream.of(
                Change.add(Gateway.KIND, GATEWAY),
                Change.add(Route.KIND, Route.blockRest(BLOCK)),
                Change.add(Neighbour.KIND, new Neighbour(POD, MAC)),
                Change.add(AntiSpoofEntry.KIND, new AntiSpoofEntry("wf0", MAC, POD))))
        .noneMatch(change -> change.isNeededFor(other));
  }

  @Test
  void noBlockNeedsThatSomethingGoes() {
    assertThat(Change.remove(Bridge.KIND, BRIDGE).isNeededFor(BLOCK)).isFalse();
    assertThat(Change.remove(Gateway.KIND, GATEWAY).isNeededFor(BLOCK)).isFalse();
  }

  @Test
  void aBlockDoesWithoutAnAddressByWhichHostPortsAreReached() {
    HostPortRules wanted = HostPortRules.of(Set.of(POD));

    assertThat(
            Change.replace(HostPortRules.KIND, HostPortRules.of(Set.of()), wanted)
                .isNeededFor(BLOCK))
        .isFalse();
    assertThat(
            Change.replace(HostPortRules.KIND, new HostPortRules(false, Set.of()), wanted)
                .isNeededFor(BLOCK))
        .isTrue();
  }

  @Test
  void aChangeOfNothingToNothingIsRefused() {
    assertThatThrownBy(() -> new Change<>(Bridge.KIND, Optional.empty(), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a change of no bridge");
  }

  private static HostVeth hostVeth(boolean inSync) {
    return new HostVeth("wf0", Optional.empty(), inSync);
  }
}
