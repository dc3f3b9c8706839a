// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.net.Family;
import dev.weft.core.policy.Direction;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.TableRef;
import java.util.HashSet;
import java.util.Set;

/**
 * The names of the table's own objects. Each has an underscore or is a word of its own, so that
 * none is the name of a program's group or set.
 */
final class PolicyObjects {
  static final String NAME = "weft_policy";
  static final TableRef TABLE = new TableRef(NftFamily.INET, NAME);

  private PolicyObjects() {}

  /** A set of the program, or one of ours. */
  static SetRef set(String name) {
    return new SetRef(NftFamily.INET, NAME, name);
  }

  /** The map from an address of this node's pods to the chain of its group. */
  static SetRef groups(Direction direction, Family family) {
    return set(direction + "_" + family.version());
  }

  /** The set of pairs of an address of this node's pods with itself. */
  static SetRef self(Family family) {
    return set("self_" + family.version());
  }

  /** The names of the sets and maps of every program. */
  static Set<String> sets() {
    Set<String> names = new HashSet<>();
    for (Family family : Family.values()) {
      names.add(self(family).name());
      for (Direction direction : Direction.values()) {
        names.add(groups(direction, family).name());
      }
    }
    return names;
  }

  /** The chain of {@link dev.weft.core.policy.PolicyProgram#CLOSED}. */
  static String closed(Direction direction) {
    return "closed_" + direction;
  }

  /** The counter of packets that no clause accepts. */
  static String dropped(Direction direction) {
    return "dropped_" + direction;
  }
}
