// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Family;
import dev.weft.core.node.Attachment;
import dev.weft.probes.Liveness;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The node's network, at the level of intent. Safe for use by many threads.
 *
 * <p>It touches only what is ours: links by name prefix and alias, routes by protocol number, rules
 * in our own tables.
 */
public interface Dataplane extends AutoCloseable, Liveness {
  /** What of the node's network is ours now. */
  NodeState read() throws DataplaneException;

  /**
   * What of the node's network is not ours. What was wanted last also decides which changes {@link
   * #onChange} reports.
   */
  NodeFacts facts(FactsWanted wanted) throws DataplaneException;

  /**
   * Applies the changes in their order, in batches, and goes on after a failure. Adding what is
   * there as wanted and removing what is gone succeed.
   *
   * @return what failed, empty where nothing did
   */
  List<Failure> apply(List<Change<?>> changes);

  /**
   * Makes a pod's interface, whole: veth, alias, port settings, FDB entry, neighbours, routes,
   * anti-spoofing entries, the pod's end with its addresses and routes, and the host ports that
   * lead to it. On failure nothing of it is left.
   *
   * @return the routing table of the pod that its routes are in, for each family in which another
   *     interface has the pod's default route already: what has its address as source takes that
   *     table. Empty for a pod's first interface, whose routes are in the main table
   */
  Map<Family, Integer> attach(AttachRequest request, PodNamespace pod) throws DataplaneException;

  /**
   * Removes a pod's interface with all that belongs to it, the host ports first, and returns when
   * the link is gone (at the kernel's notification, not when it has finished tidying up). Succeeds
   * where it is gone already.
   *
   * @param hostPorts those that lead to it
   * @param pod its namespace, where somebody holds it: a routing rule does not go with a link. One
   *     that is left there leads to a table that is empty by then, and so changes nothing
   * @throws DataplaneException with {@code FOREIGN_LINK} if the link of that name is not ours
   */
  void detach(Attachment attachment, Set<HostPort> hostPorts, Optional<PodNamespace> pod)
      throws DataplaneException;

  /** The same where nobody holds the pod's namespace. */
  default void detach(Attachment attachment, Set<HostPort> hostPorts) throws DataplaneException {
    detach(attachment, hostPorts, Optional.empty());
  }

  /**
   * Whether the pod has an interface of this name, made by us or not.
   *
   * @throws DataplaneException with {@code GONE} if the namespace is
   */
  boolean hasInterface(String ifName, PodNamespace pod) throws DataplaneException;

  /**
   * Compares a pod's interface with what {@link #attach} made: link, addresses, routes and MTU in
   * the pod, bridge port, anti-spoofing entries and host ports on the host.
   *
   * @param podMtuBytes of the pod's end; empty where a plugin that came later may have lowered it
   *     below the host end's
   * @return every difference as text, empty where it is whole
   */
  List<String> check(AttachRequest request, OptionalInt podMtuBytes, PodNamespace pod)
      throws DataplaneException;

  /** The same where the pod's end may have any MTU that its host end takes. */
  default List<String> check(AttachRequest request, PodNamespace pod) throws DataplaneException {
    return check(request, OptionalInt.empty(), pod);
  }

  /**
   * How many frames of pods were dropped on this node, by reason, since the tables were made: from
   * 0 again where somebody deleted them. 0 of each where there are none.
   */
  Map<DropReason, Long> dropped() throws DataplaneException;

  /**
   * Calls back, coalesced by nobody, when something of the node's network changed that is ours or
   * that we depend on: from a thread of its own where the kernel reports it, and at the end of an
   * {@link #apply} that changed something. One listener at most.
   */
  void onChange(Runnable listener);

  /** Why no link can be deleted any more without a restart; empty while one can. */
  @Override
  default Optional<String> stuck() {
    return Optional.empty();
  }

  @Override
  void close();

  /**
   * A change that failed.
   *
   * @param change the step
   * @param error why, with a message that names the object
   */
  record Failure(Change<?> change, DataplaneException error) {}
}
