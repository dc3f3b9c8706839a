// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReconcileReportTest {
  private static final MacAddress MAC = MacAddress.ofNode("uid");
  private static final VxlanDevice OVER_IPV4 = device(Family.IPV4, "192.168.1.11");
  private static final VxlanDevice OVER_IPV6 = device(Family.IPV6, "fd00:1::11");
  private static final Endpoint ENDPOINT =
      new Endpoint(
          List.of(OVER_IPV4.local(), OVER_IPV6.local()), Optional.empty(), Optional.of(MAC));

  @Test
  void aNodeWithoutAVxlanDeviceReportsNoEndOfTunnels() {
    assertThat(report(OVER_IPV4, OVER_IPV6).endpoint()).isEqualTo(ENDPOINT.withoutTunnel());
    assertThat(report(OVER_IPV6).endpoint()).as("the other serves").isEqualTo(ENDPOINT);
    assertThat(report().endpoint()).isEqualTo(ENDPOINT);
  }

  private static ReconcileReport report(VxlanDevice... refused) {
    NodeState desired =
        NodeState.builder().addAll(VxlanDevice.KIND, List.of(OVER_IPV4, OVER_IPV6)).build();
    DataplaneException taken = new DataplaneException(DataplaneException.Reason.OTHER, "VNI taken");
    List<Dataplane.Failure> failures =
        List.of(refused).stream()
            .map(device -> new Dataplane.Failure(Change.add(VxlanDevice.KIND, device), taken))
            .toList();
    Calculation calculation =
        new Calculation(desired, List.of(), List.of(), ENDPOINT, List.of(), Optional.empty());
    return new ReconcileReport(ClusterView.UNKNOWN, calculation, List.of(), List.of(), failures);
  }

  private static VxlanDevice device(Family underlay, String local) {
    return new VxlanDevice(underlay, MAC, 1430, 1, 8478, "eth0", IpAddress.parse(local), true);
  }
}
