// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Family;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * That a node should have a block.
 *
 * @param node the node
 * @param family of the block
 * @param need why it should have one
 * @param pools the pools of this family that select the node, oldest first
 * @param leaving names of the pools whose blocks it is to replace
 * @param held how many blocks it has, by the names of their pools
 */
record BlockRequest(
    ClusterNode node,
    Family family,
    Need need,
    List<Pool> pools,
    Set<String> leaving,
    Map<String, Long> held) {
  /** Why a node should have a block. */
  enum Need {
    /** It has none of the family. */
    FIRST("no IPv%d block for this node: %s"),
    /** All that it has of the family are of pools that are being drained. */
    REPLACEMENT("no IPv%d block of another pool for this node: %s"),
    /** All that it has of the family are under pressure. */
    FURTHER("no further IPv%d block for this node: %s");

    private final String unmet;

    Need(String unmet) {
      this.unmet = unmet;
    }

    /** The message of one that gets none. */
    String unmet(Family family, List<String> reasons) {
      return unmet.formatted(family.version(), String.join("; ", reasons));
    }
  }

  /** Whether the node may have no more blocks of a pool. */
  boolean isAtLimit(Pool pool) {
    return held.getOrDefault(pool.name(), 0L) >= pool.maxPerNode();
  }

  /** Whether other nodes could reach the block's pods. */
  boolean isReachable() {
    return node.isAddressed(family);
  }
}
