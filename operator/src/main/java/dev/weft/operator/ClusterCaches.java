// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.api.model.Node;
import java.util.List;

/** What the watches reported so far. */
interface ClusterCaches {
  /** Every IPPool. */
  List<IPPool> allPools();

  /** Every IPAllocation. */
  List<IPAllocation> allAllocations();

  /** Every Node. */
  List<Node> allNodes();
}
