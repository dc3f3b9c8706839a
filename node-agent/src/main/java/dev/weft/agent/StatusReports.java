// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cluster.BlockStatus;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PeerReport;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The status that this node's allocations should have, after a run of the loop. */
final class StatusReports {
  /** A node runs short of addresses of a family when this part of them is in use. */
  private static final double PRESSURE = 0.9;

  private StatusReports() {}

  static List<BlockStatus> of(ReconcileReport report, List<BlockUsage> usages) {
    Map<Cidr, BlockUsage> usage =
        usages.stream().collect(Collectors.toMap(BlockUsage::cidr, Function.identity()));
    Set<Family> pressed = pressed(usages);
    Endpoint endpoint = Endpoint.firstOfEachFamily(report.view().nodeAddresses());
    List<BlockStatus> statuses = new ArrayList<>();
    for (OwnBlock block : report.blocks()) {
      Cidr cidr = block.cidr();
      BlockUsage used = usage.getOrDefault(cidr, new BlockUsage(cidr, 0, 0));
      statuses.add(
          new BlockStatus(
              cidr,
              endpoint,
              used.capacity(),
              used.used(),
              block.state().isProgrammed(),
              block.state().reason(),
              message(block),
              pressed.contains(cidr.family())));
    }
    return statuses;
  }

  private static String message(OwnBlock block) {
    if (!block.state().isProgrammed()) {
      return block.message();
    }
    String programmed = "gateway " + block.gateway() + " is on the node's bridge";
    return block.isAllocatable()
        ? programmed
        : programmed + "; no new pod gets an address of it: " + block.message();
  }

  /** How many nodes the cluster has: those with a block. */
  static int nodes(ReconcileReport report) {
    return 1
        + (int)
            report.calculation().peers().stream()
                .map(PeerReport::peer)
                .map(Peer::node)
                .distinct()
                .count();
  }

  private static Set<Family> pressed(List<BlockUsage> usages) {
    Map<Family, Long> capacity = new EnumMap<>(Family.class);
    Map<Family, Long> used = new EnumMap<>(Family.class);
    for (BlockUsage usage : usages) {
      capacity.merge(usage.cidr().family(), (long) usage.capacity(), Long::sum);
      used.merge(usage.cidr().family(), (long) usage.used(), Long::sum);
    }
    Set<Family> pressed = EnumSet.noneOf(Family.class);
    used.forEach(
        (family, count) -> {
          if (count >= capacity.get(family) * PRESSURE) {
            pressed.add(family);
          }
        });
    return pressed;
  }
}
