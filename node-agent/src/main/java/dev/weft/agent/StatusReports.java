// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cluster.BlockStatus;
import dev.weft.agent.reconcile.DrainedBlocks;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.PodName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The status that this node's allocations should have, after a run of the loop. */
final class StatusReports {
  /** A node runs short of addresses of a pool when this part of them is in use. */
  private static final double PRESSURE = 0.9;

  private static final int NAMES_SHOWN = 10;

  private StatusReports() {}

  /**
   * One for each block.
   *
   * @param degraded what is wrong with the node, summed up; empty: nothing
   */
  static List<BlockStatus> of(
      ReconcileReport report,
      List<BlockUsage> usages,
      Collection<Attachment> attachments,
      DrainedBlocks drained,
      Optional<Blocker> degraded) {
    Map<Cidr, BlockUsage> usage =
        usages.stream().collect(Collectors.toMap(BlockUsage::cidr, Function.identity()));
    Set<String> pressed = pressed(report.blocks(), usage);
    Endpoint endpoint = report.endpoint();
    Set<Cidr> leaving =
        report.view().blocks().stream()
            .filter(DrainedBlocks::isLeaving)
            .map(OwnBlock::cidr)
            .collect(Collectors.toSet());
    List<BlockStatus> statuses = new ArrayList<>();
    for (OwnBlock block : report.blocks()) {
      Cidr cidr = block.cidr();
      BlockUsage used = usage.getOrDefault(cidr, new BlockUsage(cidr, 0, 0));
      List<String> onReserved = podsIn(block.reserved(), attachments);
      boolean overReserved = block.isAllocatable() && !onReserved.isEmpty();
      statuses.add(
          new BlockStatus(
              cidr,
              endpoint,
              used.capacity(),
              used.used(),
              block.state().isProgrammed(),
              overReserved ? BlockStatus.RESERVED_IN_USE : block.state().reason(),
              message(block) + (overReserved ? reserved(onReserved) : ""),
              block.isAllocatable() && pressed.contains(block.pool()),
              block.routing(),
              leaving.contains(cidr) && block.generation() > 0
                  ? Optional.of(drain(block, used, attachments, drained))
                  : Optional.empty(),
              degraded));
    }
    return statuses;
  }

  private static BlockStatus.Drain drain(
      OwnBlock block, BlockUsage used, Collection<Attachment> attachments, DrainedBlocks drained) {
    boolean done = drained.isDrained(block);
    String message =
        done
            ? "no pod has an address of it, and none gets one"
            : used.used() == 0
                ? "it is being found out whether a pod has an address of it"
                : "addresses in use: %d, by %s"
                    .formatted(used.used(), names(podsIn(List.of(block.cidr()), attachments)));
    return new BlockStatus.Drain(block.generation(), done, message);
  }

  private static List<String> podsIn(List<Cidr> ranges, Collection<Attachment> attachments) {
    if (ranges.isEmpty()) {
      return List.of();
    }
    return attachments.stream()
        .filter(
            attachment ->
                attachment.addresses().stream()
                    .anyMatch(
                        address -> ranges.stream().anyMatch(range -> range.contains(address))))
        .map(
            attachment ->
                attachment
                    .pod()
                    .map(PodName::toString)
                    .orElse("a pod without a name (%s)".formatted(attachment.hostVeth())))
        .sorted()
        .toList();
  }

  private static String reserved(List<String> pods) {
    return "; reserved addresses are in use by %s, who keep them until they end"
        .formatted(names(pods));
  }

  private static String names(List<String> pods) {
    String shown = String.join(", ", pods.subList(0, Math.min(pods.size(), NAMES_SHOWN)));
    return pods.size() <= NAMES_SHOWN
        ? shown
        : shown + " and %d more".formatted(pods.size() - NAMES_SHOWN);
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

  /** Names of the pools that this node runs short of addresses of. */
  private static Set<String> pressed(List<OwnBlock> blocks, Map<Cidr, BlockUsage> usage) {
    Map<String, Long> capacity = new HashMap<>();
    Map<String, Long> used = new HashMap<>();
    for (OwnBlock block : blocks) {
      BlockUsage one = usage.get(block.cidr());
      if (one != null && block.isAllocatable()) {
        capacity.merge(block.pool(), (long) one.capacity(), Long::sum);
        used.merge(block.pool(), (long) one.used(), Long::sum);
      }
    }
    return used.keySet().stream()
        .filter(pool -> used.get(pool) >= capacity.get(pool) * PRESSURE)
        .collect(Collectors.toSet());
  }
}
