// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.node.HostPortException.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which host ports a pod gets, beside those that other pods of the node have. */
public final class HostPortClaims {
  private HostPortClaims() {}

  /**
   * The host ports of a pod that is added.
   *
   * @param requested what it requests
   * @param attachment the pod, with its addresses
   * @param taken the host ports of the node's pods
   * @throws HostPortException if it cannot have one of them
   */
  public static Set<HostPort> of(
      List<PortMapping> requested, Attachment attachment, Map<HostPort, Attachment> taken)
      throws HostPortException {
    // Only host ports of one number overlap: a pod may have thousands.
    Map<Integer, List<Map.Entry<HostPort, Attachment>>> takenByPort =
        taken.entrySet().stream().collect(Collectors.groupingBy(other -> other.getKey().port()));
    Map<Integer, List<HostPort>> claimsByPort = new HashMap<>();
    Set<HostPort> claims = new LinkedHashSet<>();
    for (PortMapping mapping : requested) {
      List<HostPort> hostPorts = mapping.of(attachment.addresses());
      if (hostPorts.isEmpty()) {
        throw new HostPortException(
            Reason.NOT_POSSIBLE,
            "host port %s %d on %s: the pod has no address of that family, only %s"
                .formatted(
                    mapping.protocol(),
                    mapping.hostPort(),
                    mapping.hostIp().orElseThrow(),
                    attachment.addresses()));
      }
      for (HostPort hostPort : hostPorts) {
        List<HostPort> claimed =
            claimsByPort.computeIfAbsent(hostPort.port(), port -> new ArrayList<>(2));
        refuseTaken(hostPort, takenByPort.getOrDefault(hostPort.port(), List.of()));
        refuseTwice(hostPort, claimed);
        if (claims.add(hostPort)) {
          claimed.add(hostPort);
        }
      }
    }
    return claims;
  }

  private static void refuseTaken(HostPort wanted, List<Map.Entry<HostPort, Attachment>> taken)
      throws HostPortException {
    for (Map.Entry<HostPort, Attachment> other : taken) {
      if (other.getKey().overlaps(wanted)) {
        Attachment owner = other.getValue();
        throw new HostPortException(
            Reason.TAKEN,
            "host port %s is taken: pod %s has %s; end that pod, or choose another hostPort"
                .formatted(
                    wanted.listening(),
                    owner.pod().map(PodName::toString).orElse(owner.key().toString()),
                    other.getKey()));
      }
    }
  }

  private static void refuseTwice(HostPort wanted, List<HostPort> claims) throws HostPortException {
    for (HostPort other : claims) {
      if (other.overlaps(wanted) && !other.equals(wanted)) {
        throw new HostPortException(
            Reason.NOT_POSSIBLE,
            "host port %s is requested twice: %s, and %s; remove one"
                .formatted(wanted.listening(), other, wanted));
      }
    }
  }
}
