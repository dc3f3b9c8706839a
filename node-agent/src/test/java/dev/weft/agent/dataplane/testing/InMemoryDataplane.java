// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The dataplane's twin without a kernel. What it holds obeys the kernel's rules: see {@link
 * KernelObjects}. A deleted link takes the pod's end along.
 */
public final class InMemoryDataplane implements Dataplane {
  private static final int FIRST_TABLE = 1 << 20;

  private record PodEnd(String ifName, int namespace, AttachRequest request) {}

  private final KernelObjects objects = new KernelObjects();
  private final Map<String, PodEnd> podEnds = new HashMap<>();
  private final Set<String> foreignLinks = new HashSet<>();
  private final Set<Integer> withoutIpv6 = new HashSet<>();
  private final Map<Change<?>, DataplaneException> failures = new HashMap<>();
  private Optional<DataplaneException> attachFailure = Optional.empty();
  private Optional<DataplaneException> detachFailure = Optional.empty();
  private Optional<DataplaneException> readFailure = Optional.empty();
  private Optional<RuntimeException> attachFault = Optional.empty();
  private Optional<RuntimeException> detachFault = Optional.empty();
  private NodeFacts facts =
      new NodeFacts(
          List.of(), Set.of(), Map.of(), Set.of(), Set.of(Family.IPV4, Family.IPV6), List.of());
  private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();

  @Override
  public synchronized NodeState read() throws DataplaneException {
    throwOnce(readFailure, () -> readFailure = Optional.empty());
    return objects.state();
  }

  @Override
  public synchronized NodeFacts facts(FactsWanted wanted) {
    return facts;
  }

  @Override
  public synchronized List<Failure> apply(List<Change<?>> changes) {
    List<Failure> failed = new ArrayList<>();
    for (Change<?> change : changes) {
      try {
        DataplaneException failure = failures.remove(change);
        if (failure != null) {
          throw failure;
        }
        objects.apply(change, facts.foreignRoutes());
      } catch (DataplaneException e) {
        failed.add(new Failure(change, e));
      }
    }
    return failed;
  }

  @Override
  public Map<Family, Integer> attach(AttachRequest request, PodNamespace pod)
      throws DataplaneException {
    Map<Family, Integer> tables = new EnumMap<>(Family.class);
    synchronized (this) {
      throwOnce(attachFailure, () -> attachFailure = Optional.empty());
      Attachment attachment = request.attachment();
      refuseAttach(attachment, pod);
      String name = attachment.hostVeth();
      objects.put(
          HostVeth.KIND, new HostVeth(name, Optional.of(attachment), true, request.mtuBytes()));
      podEnds.values().stream()
          .filter(end -> end.namespace() == pod.namespace())
          .flatMap(end -> end.request().attachment().addresses().stream())
          .forEach(address -> tables.put(address.family(), FIRST_TABLE + podEnds.size()));
      podEnds.put(name, new PodEnd(attachment.key().ifName(), pod.namespace(), request));
      objects.putAll(members(attachment));
      request.hostPorts().forEach(hostPort -> objects.put(HostPort.KIND, hostPort));
      throwOnce(attachFault, () -> attachFault = Optional.empty());
    }
    tell();
    return tables;
  }

  @Override
  public void detach(Attachment attachment, Set<HostPort> leading, Optional<PodNamespace> pod)
      throws DataplaneException {
    synchronized (this) {
      throwOnce(detachFailure, () -> detachFailure = Optional.empty());
      throwOnce(detachFault, () -> detachFault = Optional.empty());
      String name = attachment.hostVeth();
      if (foreignLinks.contains(name)) {
        throw new DataplaneException(
            Reason.FOREIGN_LINK, "delete link " + name + ": it is not ours");
      }
      leading.forEach(hostPort -> objects.remove(HostPort.KIND, hostPort));
      deleteHostVeth(name);
      objects.removeAll(members(attachment));
    }
    tell();
  }

  @Override
  public synchronized boolean hasInterface(String ifName, PodNamespace pod) {
    return podEnds.values().stream()
        .anyMatch(end -> end.ifName().equals(ifName) && end.namespace() == pod.namespace());
  }

  @Override
  public synchronized List<String> check(
      AttachRequest request, OptionalInt podMtuBytes, PodNamespace pod) {
    Attachment attachment = request.attachment();
    List<String> differences = new ArrayList<>();
    Optional<HostVeth> veth = hostVeth(attachment.hostVeth());
    if (veth.isEmpty()) {
      return List.of("no link " + attachment.hostVeth());
    }
    if (!veth.get().inSync()) {
      differences.add("host veth " + veth.get().name() + " is not as it was made");
    }
    PodEnd end = podEnds.get(veth.get().name());
    if (end.namespace() != pod.namespace() || !end.request().equals(request)) {
      differences.add("the pod's end is not as asked");
    }
    for (AntiSpoofEntry entry : entries(attachment)) {
      if (!objects.of(AntiSpoofEntry.KIND).contains(entry)) {
        differences.add("the anti-spoofing filter does not let " + entry.address() + " pass");
      }
    }
    for (HostPort hostPort : request.hostPorts()) {
      if (!objects.of(HostPort.KIND).contains(hostPort)) {
        differences.add("the node does not lead host port " + hostPort);
      }
    }
    return differences;
  }

  @Override
  public Map<DropReason, Long> dropped() throws DataplaneException {
    return Map.of();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public void close() {
    listeners.clear();
  }

  /** The next time this very change is applied, it fails. */
  public synchronized void failNext(Change<?> change, DataplaneException error) {
    failures.put(change, error);
  }

  /** The next attach fails. */
  public synchronized void failNextAttach(DataplaneException error) {
    attachFailure = Optional.of(error);
  }

  /** The next detach fails. */
  public synchronized void failNextDetach(DataplaneException error) {
    detachFailure = Optional.of(error);
  }

  /** The next attach ends in a fault when everything is made. */
  public synchronized void faultNextAttach(RuntimeException fault) {
    attachFault = Optional.of(fault);
  }

  /** The next detach ends in a fault before anything is removed. */
  public synchronized void faultNextDetach(RuntimeException fault) {
    detachFault = Optional.of(fault);
  }

  /** The next read fails. */
  public synchronized void failNextRead(DataplaneException error) {
    readFailure = Optional.of(error);
  }

  /** What {@link #facts} answers from now on. */
  public synchronized void setFacts(NodeFacts newFacts) {
    facts = newFacts;
  }

  /** Makes changes as if somebody else had, and tells the listener. */
  public void drift(Change<?>... changes) {
    synchronized (this) {
      try {
        for (Change<?> change : changes) {
          objects.apply(change, Set.of());
        }
      } catch (DataplaneException e) {
        throw new IllegalArgumentException(e);
      }
    }
    tell();
  }

  /** Somebody removes every object of a kind. */
  public <T> void remove(Kind<T> kind) {
    synchronized (this) {
      List.copyOf(objects.of(kind)).forEach(object -> objects.remove(kind, object));
    }
    tell();
  }

  /** Somebody takes a host veth off the bridge. */
  public void takeOffBridge(String name) {
    synchronized (this) {
      hostVeth(name).ifPresent(veth -> objects.put(HostVeth.KIND, veth.withInSync(false)));
    }
    tell();
  }

  /** Somebody sets the bridge down: IPv6 gateways, neighbours and routes on it are gone. */
  public void setBridgeDown() {
    synchronized (this) {
      Bridge is = objects.only(Bridge.KIND).orElseThrow();
      objects.put(Bridge.KIND, new Bridge(is.mac(), is.mtuBytes(), false));
      objects
          .of(Gateway.KIND)
          .removeIf(gateway -> gateway.address().address().family() == Family.IPV6);
      objects.of(Neighbour.KIND).clear();
      objects.of(Route.KIND).removeIf(route -> route.device().equals(Bridge.NAME));
    }
    tell();
  }

  /** Somebody's link of this name, which is not ours. */
  public synchronized void addForeignLink(String name) {
    foreignLinks.add(name);
  }

  /** Switches IPv6 off (disable_ipv6) or on in a pod's namespace. */
  public synchronized void setIpv6(PodNamespace pod, boolean on) {
    if (on) {
      withoutIpv6.remove(pod.namespace());
    } else {
      withoutIpv6.add(pod.namespace());
    }
  }

  /** A namespace ends: the kernel deletes the links in it, and so their host ends. */
  public void endNamespace(PodNamespace pod) {
    synchronized (this) {
      podEnds.entrySet().stream()
          .filter(end -> end.getValue().namespace() == pod.namespace())
          .map(Map.Entry::getKey)
          .toList()
          .forEach(this::deleteHostVeth);
    }
    tell();
  }

  private void refuseAttach(Attachment attachment, PodNamespace pod) throws DataplaneException {
    String name = attachment.key().ifName();
    if (objects.only(Bridge.KIND).isEmpty()) {
      throw new DataplaneException(Reason.OTHER, "no bridge " + Bridge.NAME);
    }
    if (hasInterface(name, pod)) {
      throw new DataplaneException(
          Reason.INTERFACE_EXISTS, "the pod already has an interface " + name);
    }
    if (hostVeth(attachment.hostVeth()).isPresent()
        || foreignLinks.contains(attachment.hostVeth())) {
      throw new DataplaneException(
          Reason.FOREIGN_LINK, "a link " + attachment.hostVeth() + " is there already");
    }
    boolean wants6 = attachment.addresses().stream().anyMatch(a -> a.family() == Family.IPV6);
    if (wants6 && withoutIpv6.contains(pod.namespace())) {
      throw new DataplaneException(Reason.IPV6_DISABLED, "IPv6 is switched off in the pod");
    }
  }

  /** What an ADD makes of a pod beside its veth. */
  private static NodeState members(Attachment attachment) {
    NodeState.Builder members = NodeState.builder();
    members.addAll(AntiSpoofEntry.KIND, entries(attachment));
    for (IpAddress address : attachment.addresses()) {
      members.add(Neighbour.KIND, new Neighbour(address, attachment.mac()));
      members.add(Route.KIND, Route.toPod(address));
    }
    return members.build();
  }

  private static List<AntiSpoofEntry> entries(Attachment attachment) {
    return attachment.addresses().stream()
        .map(a -> new AntiSpoofEntry(attachment.hostVeth(), attachment.mac(), a))
        .toList();
  }

  private Optional<HostVeth> hostVeth(String name) {
    return objects.of(HostVeth.KIND).stream().filter(veth -> veth.name().equals(name)).findFirst();
  }

  private void deleteHostVeth(String name) {
    hostVeth(name).ifPresent(veth -> objects.remove(HostVeth.KIND, veth));
    podEnds.remove(name);
  }

  private void tell() {
    listeners.forEach(Runnable::run);
  }

  private static <E extends Exception> void throwOnce(Optional<E> failure, Runnable forget)
      throws E {
    if (failure.isPresent()) {
      forget.run();
      throw failure.get();
    }
  }
}
