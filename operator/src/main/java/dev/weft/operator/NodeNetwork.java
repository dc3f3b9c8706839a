// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import io.fabric8.kubernetes.api.model.NodeCondition;
import java.util.List;
import java.util.Optional;

/**
 * Whether a node's network is available.
 *
 * @param uid of the Node
 * @param condition the node's condition as it should be; empty: as it is
 * @param lost why its agent is lost; empty where it is not
 * @param served the blocks that its agent reported as served
 */
record NodeNetwork(
    String uid,
    Optional<NodeCondition> condition,
    Optional<NodeCondition> lost,
    List<IPAllocation> served) {}
