// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * What policies need of a pod that has, or will have, addresses of its own: none in the host's
 * network, and none that has ended (Succeeded, Failed). One that terminates is a pod like others.
 *
 * @param namespace its namespace
 * @param name its name
 * @param uid its UID; of a static pod's mirror its annotation {@code kubernetes.io/config.mirror},
 *     which is the UID that the runtime has
 * @param node the name of its node; empty where it has none yet
 * @param labels its labels
 * @param addresses its addresses as the API server has them, each once; none yet before its sandbox
 *     is up
 * @param ports its containers' named ports
 * @param created when: of two live pods of the node that has an address's block the newer has it
 */
public record PolicyPod(
    String namespace,
    String name,
    String uid,
    String node,
    Map<String, String> labels,
    List<IpAddress> addresses,
    List<NamedPort> ports,
    Instant created) {
  /** A port of a container, by name. */
  public record NamedPort(String name, Protocol protocol, int number) {}

  public PolicyPod {
    labels = Map.copyOf(labels);
    addresses = List.copyOf(new LinkedHashSet<>(addresses));
    ports = List.copyOf(ports);
  }

  /** As {@code kubectl} takes it. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
