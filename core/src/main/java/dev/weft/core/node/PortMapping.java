// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import java.util.List;
import java.util.Optional;

/**
 * A host port that a pod requests.
 *
 * @param hostIp the node's address; all zeros: every one of that family; empty: every one of every
 *     family that the pod has
 * @param protocol of the traffic
 * @param hostPort of the node, 1 to 65,535
 * @param podPort of the pod, 1 to 65,535
 */
public record PortMapping(
    Optional<IpAddress> hostIp, Protocol protocol, int hostPort, int podPort) {
  /**
   * What it means for a pod with these addresses: one host port for each family that it is about.
   *
   * @return empty where the pod has no address of the family that is requested
   */
  List<HostPort> of(List<IpAddress> podAddresses) {
    return podAddresses.stream()
        .filter(pod -> hostIp.isEmpty() || hostIp.get().family() == pod.family())
        .map(
            pod -> {
              IpAddress on = hostIp.orElse(HostPort.anyOf(pod.family()));
              return new HostPort(on, protocol, hostPort, pod, podPort);
            })
        .toList();
  }
}
