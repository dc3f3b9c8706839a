// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Family;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A node's network that obeys the kernel's rules and refuses what the kernel would refuse. */
final class ModelNode {
  private final Map<Kind<?>, Set<Object>> objects = new HashMap<>();

  ModelNode(NodeState state) {
    state.kinds().forEach(kind -> objects.put(kind, new HashSet<>(state.of(kind))));
  }

  NodeState state() {
    NodeState.Builder state = NodeState.builder();
    objects.keySet().forEach(kind -> copy(kind, state));
    return state.build();
  }

  private <T> void copy(Kind<T> kind, NodeState.Builder to) {
    to.set(kind, of(kind));
  }

  void apply(List<Change<?>> changes) {
    changes.forEach(this::apply);
  }

  private <T> void apply(Change<T> change) {
    change.before().ifPresent(before -> remove(change, before));
    change.after().ifPresent(after -> add(change, after));
  }

  private <T> void remove(Change<T> change, T object) {
    of(change.kind()).remove(object);
    if (change.kind() == Bridge.KIND && change.isRemoval()) {
      of(Gateway.KIND).clear();
      of(Neighbour.KIND).clear();
      of(Route.KIND).removeIf(route -> route.device().equals(Bridge.NAME));
      Set<HostVeth> veths = of(HostVeth.KIND);
      Set<HostVeth> alone =
          veths.stream().map(veth -> veth.withInSync(false)).collect(Collectors.toSet());
      veths.clear();
      veths.addAll(alone);
    } else if (change.kind() == AntiSpoofRules.KIND && change.isRemoval()) {
      of(AntiSpoofEntry.KIND).clear();
    } else if (change.kind() == HostPortRules.KIND && change.isRemoval()) {
      of(HostPort.KIND).clear();
    }
  }

  private <T> void add(Change<T> change, T object) {
    refuseIf(isRefused(object), change);
    if (object instanceof Bridge bridge && macChanges(Bridge.KIND.cast(change), bridge)) {
      of(Neighbour.KIND).clear();
    }
    if (object instanceof Neighbour neighbour) {
      of(Neighbour.KIND).removeIf(other -> other.address().equals(neighbour.address()));
    }
    if (object instanceof HostVeth veth) {
      refuseIf(change.before().isEmpty() || only(Bridge.KIND).isEmpty(), change);
      of(HostVeth.KIND).removeIf(other -> other.name().equals(veth.name()));
    }
    of(change.kind()).add(object);
  }

  private boolean isRefused(Object object) {
    if (object instanceof Route route) {
      boolean taken =
          of(Route.KIND).stream().anyMatch(r -> r.destination().equals(route.destination()));
      return taken || (route.device().equals(Bridge.NAME) && !bridgeIsUp());
    } else if (object instanceof Gateway gateway) {
      return only(Bridge.KIND).isEmpty()
          || (gateway.address().address().family() == Family.IPV6
              && of(Gateway.KIND).stream()
                  .anyMatch(g -> g.address().address().equals(gateway.address().address())));
    } else if (object instanceof Neighbour) {
      return !bridgeIsUp();
    } else if (object instanceof AntiSpoofEntry) {
      return only(AntiSpoofRules.KIND).isEmpty();
    } else if (object instanceof HostPort hostPort) {
      return only(HostPortRules.KIND).isEmpty()
          || of(HostPort.KIND).stream().anyMatch(o -> o.listening().equals(hostPort.listening()));
    }
    return false;
  }

  private static boolean macChanges(Change<Bridge> change, Bridge bridge) {
    return change.before().filter(is -> !is.mac().equals(bridge.mac())).isPresent();
  }

  private boolean bridgeIsUp() {
    return only(Bridge.KIND).filter(Bridge::up).isPresent();
  }

  private <T> Optional<T> only(Kind<T> kind) {
    return of(kind).stream().findFirst();
  }

  @SuppressWarnings("unchecked")
  private <T> Set<T> of(Kind<T> kind) {
    return (Set<T>) objects.computeIfAbsent(kind, any -> new HashSet<>());
  }

  private static void refuseIf(boolean refused, Change<?> change) {
    if (refused) {
      throw new IllegalStateException("the kernel refuses: " + change.describe());
    }
  }
}
