// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.pool.AllocationPlan;
import java.util.Map;

/**
 * What an allocation pass saw and decided, for the reconcilers of single objects. Not changed once
 * it is published.
 *
 * @param seen the objects at the beginning of the pass
 * @param plan what was decided about blocks
 * @param networks by name, the nodes whose agent serves a block or that report a lost one
 */
record PassResult(ClusterSnapshot seen, AllocationPlan plan, Map<String, NodeNetwork> networks) {}
