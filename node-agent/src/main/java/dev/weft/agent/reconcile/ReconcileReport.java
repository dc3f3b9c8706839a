// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one run of the loop found and did.
 *
 * @param view what was known of the cluster
 * @param calculation what the node should be like
 * @param blocks this node's blocks as they are served
 * @param changes the steps that were taken
 * @param failures those of them that failed
 */
public record ReconcileReport(
    ClusterView view,
    Calculation calculation,
    List<OwnBlock> blocks,
    List<Change<?>> changes,
    List<Dataplane.Failure> failures) {
  /** Copies the lists. */
  public ReconcileReport {
    blocks = List.copyOf(blocks);
    changes = List.copyOf(changes);
    failures = List.copyOf(failures);
  }

  /**
   * How other nodes reach this one: without its end of tunnels where no VXLAN device could be made,
   * so that they keep the routes that they have.
   */
  public Endpoint endpoint() {
    Set<VxlanDevice> devices = calculation.desired().of(VxlanDevice.KIND);
    Set<Object> failed =
        failures.stream()
            .map(Dataplane.Failure::change)
            .filter(change -> change.kind() == VxlanDevice.KIND)
            .flatMap(change -> VxlanDevice.KIND.cast(change).after().stream())
            .collect(Collectors.toSet());
    return failed.containsAll(devices)
        ? calculation.endpoint().withoutTunnel()
        : calculation.endpoint();
  }

  /** Why the node can serve no ADD, as the message of CNI's STATUS; empty where it can. */
  public Optional<String> notReady() {
    return calculation.notReady();
  }

  /**
   * Why a pod that came now would get no address though the node has blocks; empty where a block of
   * each family allocates addresses. It fails the ADD and leaves the node as it is.
   */
  public Optional<String> noAddresses() {
    Set<Family> giving =
        blocks.stream()
            .filter(OwnBlock::isAllocatable)
            .map(block -> block.cidr().family())
            .collect(Collectors.toSet());
    String words =
        blocks.stream()
            .filter(block -> !giving.contains(block.cidr().family()))
            .map(block -> block.cidr() + ": " + block.message())
            .collect(Collectors.joining("; "));
    return words.isEmpty() ? Optional.empty() : Optional.of("no new pod gets an address: " + words);
  }
}
