// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Objects of any kind that obey the kernel's rules: what needs what, and what goes with what. Of a
 * kind that is in neither table one takes the place of another with the same key, and it goes as
 * {@link Kind.Builder#lostWith} says.
 */
final class KernelObjects {
  /** An object of the first kind can only be added where there is one of the second. */
  private static final Map<Kind<?>, Kind<?>> NEEDS =
      Map.of(
          Gateway.KIND, Bridge.KIND,
          Neighbour.KIND, Bridge.KIND,
          HostVeth.KIND, Bridge.KIND,
          AntiSpoofEntry.KIND, AntiSpoofRules.KIND,
          HostPort.KIND, HostPortRules.KIND);

  /** What goes with the removal of an object of another kind, though no {@link Kind} says so. */
  private record Loss<T>(Kind<T> kind, Kind<?> with, BiPredicate<T, Change<?>> lost) {}

  private static final List<Loss<?>> LOSSES =
      List.of(
          new Loss<>(Neighbour.KIND, Bridge.KIND, (neighbour, bridge) -> true),
          new Loss<>(Route.KIND, Bridge.KIND, (route, b) -> route.device().equals(Bridge.NAME)),
          new Loss<>(AntiSpoofEntry.KIND, AntiSpoofRules.KIND, (entry, rules) -> true),
          new Loss<>(HostPort.KIND, HostPortRules.KIND, (hostPort, rules) -> true));

  private final Map<Kind<?>, Set<Object>> objects = new HashMap<>();

  /** All of them. */
  NodeState state() {
    NodeState.Builder state = NodeState.builder();
    objects.keySet().forEach(kind -> copy(kind, state));
    return state.build();
  }

  private <T> void copy(Kind<T> kind, NodeState.Builder to) {
    to.set(kind, of(kind));
  }

  /** Those of a kind, to be changed. */
  @SuppressWarnings("unchecked")
  <T> Set<T> of(Kind<T> kind) {
    return (Set<T>) objects.computeIfAbsent(kind, any -> new HashSet<>());
  }

  /** The one of a kind of which there is one at most. */
  <T> Optional<T> only(Kind<T> kind) {
    return of(kind).stream().findFirst();
  }

  /** An object comes, in the place of another with its key. */
  <T> void put(Kind<T> kind, T object) {
    removeLike(kind, object);
    of(kind).add(object);
  }

  /** An object goes, and what the kernel takes along. */
  <T> void remove(Kind<T> kind, T object) {
    removeLike(kind, object);
    loseWith(Change.remove(kind, object));
  }

  /** {@link #put} for each. */
  void putAll(NodeState state) {
    state.kinds().forEach(kind -> putAll(kind, state));
  }

  private <T> void putAll(Kind<T> kind, NodeState state) {
    state.of(kind).forEach(object -> put(kind, object));
  }

  /** Those of the state go. */
  void removeAll(NodeState state) {
    state.kinds().forEach(kind -> of(kind).removeAll(state.of(kind)));
  }

  /**
   * Makes a change.
   *
   * @param foreignRoutes destinations that a route of somebody else holds
   * @throws DataplaneException where the kernel would refuse it
   */
  <T> void apply(Change<T> change, Set<Cidr> foreignRoutes) throws DataplaneException {
    Kind<T> kind = change.kind();
    if (change.isRemoval()) {
      remove(kind, change.before().orElseThrow());
      return;
    }
    T wanted = change.after().orElseThrow();
    Kind<?> needed = NEEDS.get(kind);
    refuseIf(needed != null && of(needed).isEmpty(), change, Reason.MISSING);
    refuseIf(!kind.isAdded() && isMissing(kind, wanted), change, Reason.MISSING);
    if (wanted instanceof Route route) {
      refuse(route, Route.KIND.cast(change), foreignRoutes);
    }
    removeLike(kind, wanted);
    loseWith(change);
    of(kind).add(wanted);
  }

  private void refuse(Route route, Change<Route> change, Set<Cidr> foreignRoutes)
      throws DataplaneException {
    refuseIf(foreignRoutes.contains(route.destination()), change, Reason.FOREIGN_ROUTE);
    boolean onBridge = route.device().equals(Bridge.NAME);
    refuseIf(onBridge && of(Bridge.KIND).isEmpty(), change, Reason.MISSING);
    boolean taken =
        change.before().isEmpty()
            && !of(Route.KIND).contains(route)
            && !isMissing(Route.KIND, route);
    refuseIf(taken, change, Reason.OTHER);
  }

  private <T> boolean isMissing(Kind<T> kind, T object) {
    return of(kind).stream().noneMatch(is -> kind.key(is).equals(kind.key(object)));
  }

  private <T> void removeLike(Kind<T> kind, T object) {
    of(kind).removeIf(is -> kind.key(is).equals(kind.key(object)));
  }

  private void loseWith(Change<?> change) {
    for (Loss<?> loss : LOSSES) {
      loseWith(loss, change);
    }
    for (Kind<?> kind : Set.copyOf(objects.keySet())) {
      keep(kind, change);
    }
    if (change.kind() == Bridge.KIND && change.isRemoval()) {
      List<HostVeth> veths = List.copyOf(of(HostVeth.KIND));
      veths.forEach(veth -> put(HostVeth.KIND, veth.withInSync(false)));
    }
  }

  private <T> void loseWith(Loss<T> loss, Change<?> change) {
    if (loss.with() == change.kind() && change.isRemoval()) {
      of(loss.kind()).removeIf(object -> loss.lost().test(object, change));
    }
  }

  private <T> void keep(Kind<T> kind, Change<?> change) {
    of(kind).retainAll(kind.kept(Set.copyOf(of(kind)), List.of(change)));
  }

  private static void refuseIf(boolean refused, Change<?> change, Reason reason)
      throws DataplaneException {
    if (refused) {
      throw new DataplaneException(reason, change.describe() + ": refused (" + reason + ")");
    }
  }
}
