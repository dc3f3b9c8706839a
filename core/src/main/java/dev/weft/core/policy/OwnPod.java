// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.PodName;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A pod of this node, by one of its interfaces, and what was decided about it. */
final class OwnPod {
  /**
   * Why a pod is closed.
   *
   * @param policy the one that alone is the reason
   */
  record Closed(String reason, String why, Optional<Policies.Active> policy) {
    Closed(String reason, String why) {
      this(reason, why, Optional.empty());
    }

    /** Whether it is closed whoever the peers of its policies are. */
    boolean isOfItsRules() {
      return reason.equals(Groups.TOO_MANY_CLAUSES)
          || reason.equals(Groups.RULES_TOO_LARGE)
          || reason.equals(Groups.TOO_MUCH_WEIGHT);
    }
  }

  final List<IpAddress> addresses;
  final Set<Family> families;

  /** In the order of their coming: at a bound the first are served. */
  final long sequence;

  /** Empty where its alias has none, or perhaps only the beginning of one. */
  final Optional<PodName> name;

  /** As the runtime has it; empty where that is not known, as of all after a restart. */
  final String uid;

  /** Whether without a UID a pod of its name and node is it, whatever addresses that has. */
  final boolean byName;

  /** Whether it has been among the attachments: else it is on its way there. */
  boolean attached;

  boolean gone;

  /** As the API server has it, or had it last; null where it never had. */
  PolicyPod pod;

  /** The policies that select it. */
  Map<Direction, List<Policies.Active>> policies = Map.of();

  Groups.Used ingress;
  Groups.Used egress;

  /** Null where it is not. */
  Closed closed;

  /** Of one that a bound closed: how many groups there were then. */
  int groupsThen;

  /** Of one that a bound closed: what the groups weighed then. */
  long weightThen;

  /** Of one that a bound closed: how many members all sets had then. */
  int elementsThen;

  /** Of one that a bound closed: how many addresses had changed their pod till then. */
  long movesThen;

  OwnPod(
      long sequence,
      List<IpAddress> addresses,
      Optional<PodName> name,
      String uid,
      boolean byName) {
    this.sequence = sequence;
    this.addresses = addresses;
    this.name = name;
    this.uid = uid;
    this.byName = byName;
    families = EnumSet.noneOf(Family.class);
    addresses.forEach(address -> families.add(address.family()));
  }

  long sequence() {
    return sequence;
  }

  String namespace() {
    return pod != null ? pod.namespace() : name.map(PodName::namespace).orElse("");
  }

  /** Its pod's name; without it its first address. */
  String podName() {
    return pod != null
        ? pod.name()
        : name.map(PodName::name).orElseGet(() -> addresses.get(0).toString());
  }

  Groups.Used group(Direction direction) {
    return direction == Direction.INGRESS ? ingress : egress;
  }
}
