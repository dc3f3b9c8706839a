// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.IpAddress;
import java.util.Map;
import java.util.Optional;

/** The host veth of each pod, and a route and a neighbour entry for each of its addresses. */
final class PodContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    Map<Object, HostVeth> actual = node.actual().byKey(HostVeth.KIND);
    int bridgeMtu = desired.of(Bridge.KIND).stream().mapToInt(Bridge::mtuBytes).sum();
    for (Attachment attachment : node.attachments()) {
      String name = attachment.hostVeth();
      int mtuBytes = Optional.ofNullable(actual.get(name)).map(HostVeth::mtuBytes).orElse(0);
      desired.add(HostVeth.KIND, new HostVeth(name, Optional.of(attachment), true, mtuBytes));
      for (IpAddress address : attachment.addresses()) {
        desired.add(Route.KIND, Route.toPod(address).withMtu(mtuBytes < bridgeMtu ? mtuBytes : 0));
        desired.add(Neighbour.KIND, new Neighbour(address, attachment.mac()));
      }
    }
  }
}
