// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The names of the VXLAN devices, as rules list them. */
final class Tunnels {
  static final String NAMES =
      Stream.of(Family.values())
          .map(family -> '"' + VxlanDevice.name(family) + '"')
          .collect(Collectors.joining(", "));

  private Tunnels() {}
}
