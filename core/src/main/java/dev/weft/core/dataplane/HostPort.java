// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;

/**
 * A port of the node that leads to a port of one of its pods, in one family.
 *
 * @param hostIp an address of the node; all zeros: every one of its family
 * @param protocol of the traffic
 * @param port of the node, 1 to 65,535
 * @param pod the pod's address, of the same family
 * @param podPort the pod's port, 1 to 65,535
 */
public record HostPort(IpAddress hostIp, Protocol protocol, int port, IpAddress pod, int podPort) {
  /** The host ports of a node: one replaces another that listens on the same, wherever it leads. */
  public static final Kind<HostPort> KIND =
      Kind.<HostPort>of("host port", 70, HostPort::listening)
          .inFlight((hostPort, calls) -> calls.addresses().contains(hostPort.pod))
          .build();

  /** Refuses addresses of two families. */
  public HostPort {
    if (hostIp.family() != pod.family()) {
      throw new IllegalArgumentException(hostIp + " and " + pod + " are of two families");
    }
  }

  /** The address that stands for all of a family: 0.0.0.0 or ::. */
  public static IpAddress anyOf(Family family) {
    return IpAddress.ofBytes(new byte[family.bytes()]);
  }

  /** The family of both addresses. */
  public Family family() {
    return pod.family();
  }

  /** Whether it is about every address of the node. */
  public boolean isOnAny() {
    return hostIp.equals(anyOf(family()));
  }

  /** Whether a packet could be meant for both. */
  public boolean overlaps(HostPort other) {
    return family() == other.family()
        && protocol == other.protocol
        && port == other.port
        && (isOnAny() || other.isOnAny() || hostIp.equals(other.hostIp));
  }

  /** What the node listens on, such as {@code tcp 192.168.1.11:80} or {@code udp [::]:53}. */
  public String listening() {
    return protocol + " " + endpoint(hostIp, port);
  }

  @Override
  public String toString() {
    return listening() + " to " + endpoint(pod, podPort);
  }

  private static String endpoint(IpAddress address, int port) {
    return (address.family() == Family.IPV4 ? "%s:%d" : "[%s]:%d").formatted(address, port);
  }
}
