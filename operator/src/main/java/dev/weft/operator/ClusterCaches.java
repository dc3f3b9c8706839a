// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.api.model.Node;
import java.util.List;

/** What the watches told so far. */
interface ClusterCaches {
  /** Every IPPool. */
  List<IPPool> pools();

  /** Every IPAllocation. */
  List<IPAllocation> allocations();

  /** Every Node. */
  List<Node> nodes();
}
