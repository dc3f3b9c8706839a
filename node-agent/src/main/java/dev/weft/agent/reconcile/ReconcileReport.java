// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.node.BlockReport;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What one run of the loop found and did.
 *
 * @param view what was known of the cluster
 * @param calculation what the node should be like
 * @param blocks this node's blocks as they are served: withheld where their part failed
 * @param changes the steps that were taken
 * @param failures those of them that failed
 */
public record ReconcileReport(
    ClusterView view,
    Calculation calculation,
    List<BlockReport> blocks,
    List<DataplaneChange> changes,
    List<Dataplane.Failure> failures) {
  /** Copies the lists. */
  public ReconcileReport {
    blocks = List.copyOf(blocks);
    changes = List.copyOf(changes);
    failures = List.copyOf(failures);
  }

  /** Why no pod can get an address, in words; empty where one can. */
  public Optional<String> notReady() {
    return calculation
        .notReady()
        .or(
            () ->
                blocks.stream().anyMatch(report -> report.block().givesOut())
                    ? Optional.empty()
                    : Optional.of(
                        blocks.stream()
                            .map(report -> report.block().whyNot())
                            .collect(Collectors.joining("; "))));
  }
}
