// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.antispoof.AntiSpoofEntries;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.driver.SocketPool;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.hostport.HostPorts;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.CreateVeth;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.DeleteRule;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkPresence;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and removes pods' interfaces. In the good case an ADD is three sends of netlink, one of
 * nftables and two look-ups (and with IPv6 some more), a DEL one send and one of nftables (and one
 * look-up for what an earlier process made); no dump, no program, no file. With host ports each is
 * one more of nftables, and with any of UDP a dump a family for the connections that they outdate.
 * A further interface of a pod, which the kernel shows by EEXIST for the default route, is one send
 * more.
 */
public final class Attacher {
  private static final Logger LOG = LoggerFactory.getLogger(Attacher.class);

  /** Interface indexes from here on are ours to choose: both ends of a veth have the same. */
  public static final int FIRST_INDEX = 1 << 20;

  private static final int LAST_INDEX = Integer.MAX_VALUE - (1 << 16);
  private static final int INDEX_ATTEMPTS = 16;
  private static final long IPV6_WAIT_NANOS = 2_000_000_000L;
  private static final long IPV6_POLL_NANOS = 20_000;

  private final Sockets sockets;
  private final SocketPool host;
  private final NetlinkSocket nft;
  private final AntiSpoofEntries antiSpoof;
  private final LinkDeleter deleter;
  private final AtomicInteger nextIndex;
  private final Set<Integer> busy = ConcurrentHashMap.newKeySet();

  /** The host veths that this process made, by name. An index of ours is never given twice. */
  private final Map<String, Made> made = new ConcurrentHashMap<>();

  private volatile LinkRef bridge;

  /**
   * A host veth.
   *
   * @param further whether the pod has routing rules for its interface
   */
  private record Made(LinkRef hostVeth, boolean further) {}

  /**
   * The maker of interfaces.
   *
   * @param highestIndex of the node's links
   */
  public Attacher(
      Sockets sockets, SocketPool host, NetlinkSocket nft, LinkDeleter deleter, int highestIndex) {
    this.sockets = sockets;
    this.host = host;
    this.nft = nft;
    this.antiSpoof = new AntiSpoofEntries(nft);
    this.deleter = deleter;
    nextIndex = new AtomicInteger(Math.max(FIRST_INDEX, highestIndex + 1));
  }

  /** As {@link Dataplane#attach}. */
  public Map<Family, Integer> attach(AttachRequest request, PodNamespace pod)
      throws DataplaneException {
    try (NetlinkSocket inPod = sockets.borrowRoute(pod.routeSocket())) {
      LinkRef hostVeth = createVeth(request, pod, inPod);
      try {
        Map<Family, Integer> tables = finish(request, hostVeth, inPod);
        made.put(hostVeth.name(), new Made(hostVeth, !tables.isEmpty()));
        return tables;
      } catch (NetlinkException | DataplaneException | RuntimeException | Error e) {
        undo(request, hostVeth, inPod, e);
        throw e;
      } finally {
        busy.remove(hostVeth.index());
      }
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  /** As {@link Dataplane#detach(Attachment, Set, Optional)}. */
  public void detach(Attachment attachment, Set<HostPort> hostPorts, Optional<PodNamespace> pod)
      throws DataplaneException {
    String name = attachment.hostVeth();
    try {
      withdraw(hostPorts);
      Made known = made.remove(name);
      if (known != null) {
        remove(attachment, known.hostVeth(), known.further() ? pod : Optional.empty());
        return;
      }
      Optional<LinkInfo> found = host.find(LinkQuery.byName(name));
      if (found.isEmpty()) {
        // Neighbour and route may already be those of the address's next pod: the loop knows.
        antiSpoof.remove(AntiSpoofEntry.of(attachment));
        return;
      }
      refuseForeign(found.get(), attachment);
      remove(Ownership.attachment(found.get()).orElse(attachment), found.get().ref(), pod);
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  /**
   * Removes an interface.
   *
   * @param ruled the pod, where it may have routing rules for the interface
   */
  private void remove(Attachment attachment, LinkRef hostVeth, Optional<PodNamespace> ruled)
      throws NetlinkException, DataplaneException {
    remove(
        attachment, hostVeth, () -> ruled.ifPresent(pod -> removeRules(attachment, hostVeth, pod)));
  }

  private void removeRules(Attachment attachment, LinkRef hostVeth, PodNamespace pod) {
    try (NetlinkSocket inPod = sockets.borrowRoute(pod.routeSocket())) {
      removeRules(attachment, hostVeth, inPod);
    } catch (NetlinkException e) {
      rulesMayBeLeft(attachment, e);
    }
  }

  private static void removeRules(Attachment attachment, LinkRef hostVeth, NetlinkSocket inPod) {
    try {
      inPod.executeAll(PodParts.ruleRemoval(attachment, hostVeth));
    } catch (NetlinkException e) {
      rulesMayBeLeft(attachment, e);
    }
  }

  /** Without the link's routes a rule changes nothing: no reason to fail a removal. */
  private static void rulesMayBeLeft(Attachment attachment, NetlinkException e) {
    LOG.debug("routing rules of {} may be left in its pod: {}", attachment.key(), e.getMessage());
  }

  /** The rules go while the kernel deletes the link, which takes longer. */
  private void remove(Attachment attachment, LinkRef hostVeth, Runnable rules)
      throws NetlinkException, DataplaneException {
    Optional<LinkRef> under = bridgeIfAny();
    List<Request> before =
        under.isPresent() ? PodParts.removal(attachment, under.get()) : List.of();
    Future<Void> deletion = deleter.delete(hostVeth, before);
    antiSpoof.remove(AntiSpoofEntry.of(attachment));
    rules.run();
    deleter.await(deletion);
  }

  private static void refuseForeign(LinkInfo link, Attachment attachment)
      throws DataplaneException {
    boolean another =
        Ownership.attachment(link).map(a -> !a.key().equals(attachment.key())).orElse(false);
    if (!Ownership.isHostVeth(link) || another) {
      throw new DataplaneException(
          Reason.FOREIGN_LINK,
          "delete link %s: it is not ours: its alias is \"%s\""
              .formatted(link.name(), link.alias()));
    }
  }

  private LinkRef createVeth(AttachRequest request, PodNamespace pod, NetlinkSocket inPod)
      throws DataplaneException, NetlinkException {
    NetlinkException last = null;
    for (int attempt = 0; attempt < INDEX_ATTEMPTS; attempt++) {
      LinkRef under = bridge();
      CreateVeth veth = PodParts.veth(request, takeIndex(), under, pod.namespace());
      busy.add(veth.index());
      try {
        host.execute(veth);
        return new LinkRef(veth.index(), veth.host().name());
      } catch (NetlinkException e) {
        busy.remove(veth.index());
        explain(e, request, under, inPod);
        last = e;
      }
    }
    if (last.errno() == Errno.ENODEV) {
      // Of all that it names only the pod's namespace can be missing so.
      throw KernelErrors.inPod(last);
    }
    throw last;
  }

  /** Returns where another index, or reading the bridge again, may help. */
  private void explain(
      NetlinkException e, AttachRequest request, LinkRef under, NetlinkSocket inPod)
      throws DataplaneException, NetlinkException {
    bridge = null;
    if (!bridge().equals(under)) {
      // Re-created since it was looked up: the kernel has refused the old one's index with EINVAL.
      return;
    }
    if (e.errno() != Errno.EEXIST && e.errno() != Errno.EBUSY && e.errno() != Errno.ENODEV) {
      throw e;
    }
    String hostVeth = request.attachment().hostVeth();
    if (host.find(LinkQuery.byName(hostVeth)).isPresent()) {
      throw KernelErrors.of(Reason.FOREIGN_LINK, e, "a link " + hostVeth + " is there already");
    }
    String name = request.attachment().key().ifName();
    if (inPod.find(LinkQuery.byName(name)).isPresent()) {
      throw KernelErrors.of(Reason.INTERFACE_EXISTS, e, "the pod already has an interface " + name);
    }
  }

  private Map<Family, Integer> finish(AttachRequest request, LinkRef hostVeth, NetlinkSocket inPod)
      throws NetlinkException, DataplaneException {
    Attachment attachment = request.attachment();
    hostSide(PodParts.hostSide(attachment, hostVeth, bridge()));
    antiSpoof.add(AntiSpoofEntry.of(attachment));
    Map<Family, Integer> tables = podSide(inPod, request, hostVeth);
    activate(hostVeth);
    awaitIpv6(attachment, inPod);
    publish(request.hostPorts());
    return tables;
  }

  /** Last of all: what comes by them is to find the pod complete. */
  private void publish(Set<HostPort> hostPorts) throws NetlinkException, DataplaneException {
    if (hostPorts.isEmpty()) {
      return;
    }
    try {
      new HostPorts(nft).add(hostPorts);
    } catch (NetlinkException e) {
      Reason reason = e.isNotFound() ? Reason.MISSING : Reason.OTHER;
      String more = hostPorts.size() == 1 ? "" : " and " + (hostPorts.size() - 1) + " more";
      throw KernelErrors.of(
          reason, e, "a host port could not be set: " + hostPorts.iterator().next() + more);
    }
  }

  private void withdraw(Set<HostPort> hostPorts) throws NetlinkException {
    if (!hostPorts.isEmpty()) {
      new HostPorts(nft).remove(hostPorts);
    }
  }

  /**
   * The host veth has a carrier since its other end is up, and so the bridge may have one now, but
   * they send nothing until the kernel's link watch has run, in its own time: a first packet would
   * be lost. When a link is requested, the kernel (from 6.8 on) does that first (rtnl_getlink in
   * net/core/rtnetlink.c); the host veth before its bridge.
   */
  private void activate(LinkRef hostVeth) throws NetlinkException, DataplaneException {
    for (LinkRef link : List.of(hostVeth, bridge())) {
      if (host.find(new LinkPresence(link.index())).isEmpty()) {
        throw new DataplaneException(Reason.MISSING, "link " + link + " is gone");
      }
    }
  }

  /**
   * The kernel makes an IPv6 address usable in its own time, a moment after it has added it and
   * without any DAD (addrconf_dad_work in net/ipv6/addrconf.c): until the address has its local
   * route, packets to it are dropped.
   */
  private static void awaitIpv6(Attachment attachment, NetlinkSocket inPod)
      throws DataplaneException {
    long end = System.nanoTime() + IPV6_WAIT_NANOS;
    for (IpAddress address : attachment.addresses()) {
      while (address.family() == Family.IPV6 && !isLocal(address, inPod)) {
        if (System.nanoTime() > end) {
          throw new DataplaneException(
              Reason.OTHER, "add address " + address + " to the pod: not usable after 2 s");
        }
        LockSupport.parkNanos(IPV6_POLL_NANOS);
      }
    }
  }

  private static boolean isLocal(IpAddress address, NetlinkSocket inPod) throws DataplaneException {
    try {
      return inPod
          .find(RouteQuery.to(address))
          .filter(route -> route.type() == RouteType.LOCAL)
          .isPresent();
    } catch (NetlinkException e) {
      throw KernelErrors.inPod(e);
    }
  }

  private void hostSide(List<Request> requests) throws NetlinkException, DataplaneException {
    for (BatchFailure failure : host.executeAll(requests)) {
      boolean routeIsThere =
          failure.error().errno() == Errno.EEXIST
              && requests.get(failure.index()) instanceof AddRoute;
      if (!routeIsThere) {
        throw failure.error();
      }
      replaceRoute((AddRoute) requests.get(failure.index()));
    }
  }

  /**
   * A route by the bridge, which is ours, makes way, whether a pod that died has left it or
   * somebody else made it; one by another link does not.
   */
  private void replaceRoute(AddRoute add) throws NetlinkException, DataplaneException {
    DeleteRoute delete = new DeleteRoute(add.route(), DeleteRoute.ANY);
    List<Request> requests = List.of(delete, add);
    for (BatchFailure failure : host.executeAll(requests)) {
      // The loop may have been faster to delete it.
      if (requests.get(failure.index()) == add) {
        throw KernelErrors.of(
            Reason.FOREIGN_ROUTE, failure.error(), "a foreign route holds the address");
      }
    }
  }

  private Map<Family, Integer> podSide(
      NetlinkSocket socket, AttachRequest request, LinkRef hostVeth) throws DataplaneException {
    LinkRef link = new LinkRef(hostVeth.index(), request.attachment().key().ifName());
    List<Request> requests = PodParts.podSide(request, link);
    try {
      List<BatchFailure> failures = socket.executeAll(requests);
      if (failures.isEmpty()) {
        return Map.of();
      }
      Map<Family, Integer> tables = new EnumMap<>(Family.class);
      for (BatchFailure failure : failures) {
        if (failure.error().errno() == Errno.EEXIST) {
          routeFamily(requests, failure)
              .ifPresent(family -> tables.put(family, PodParts.table(link)));
        }
      }
      for (BatchFailure failure : failures) {
        boolean routedElsewise =
            routeFamily(requests, failure).filter(tables::containsKey).isPresent();
        if (!routedElsewise) {
          throw refusal(requests, failure);
        }
      }
      made.put(hostVeth.name(), new Made(hostVeth, true));
      routeFurther(socket, PodParts.furtherRouting(request, link, tables.keySet()));
      return tables;
    } catch (NetlinkException e) {
      throw KernelErrors.inPod(e);
    }
  }

  private static Optional<Family> routeFamily(List<Request> requests, BatchFailure failure) {
    return requests.get(failure.index()) instanceof AddRoute add
        ? Optional.of(add.route().destination().family())
        : Optional.empty();
  }

  /** What is to be deleted before may not be there. */
  private static void routeFurther(NetlinkSocket socket, List<Request> requests)
      throws NetlinkException {
    for (BatchFailure failure : socket.executeAll(requests)) {
      Request request = requests.get(failure.index());
      if (!(request instanceof DeleteRoute || request instanceof DeleteRule)) {
        throw failure.error();
      }
    }
  }

  private static DataplaneException refusal(List<Request> requests, BatchFailure failure) {
    if (failure.error().errno() == Errno.EACCES
        && requests.get(failure.index()) instanceof AddAddress) {
      return KernelErrors.of(
          Reason.IPV6_DISABLED, failure.error(), "IPv6 is switched off in the pod (disable_ipv6)");
    }
    return KernelErrors.inPod(failure.error());
  }

  /**
   * Removes what was made so far: the interface also where the host ports stay.
   *
   * @throws DataplaneException in place of the cause, with {@code BUSY}, where that did not succeed
   *     and the cause's reason may be one after which nothing is left
   */
  private void undo(AttachRequest request, LinkRef hostVeth, NetlinkSocket inPod, Throwable cause)
      throws DataplaneException {
    Attachment attachment = request.attachment();
    Made known = made.remove(hostVeth.name());
    boolean ruled = known != null && known.further();
    Optional<Exception> failure = Optional.empty();
    try {
      withdraw(request.hostPorts());
    } catch (NetlinkException | RuntimeException e) {
      failure = Optional.of(e);
    }
    try {
      remove(
          attachment,
          hostVeth,
          () -> {
            if (ruled) {
              removeRules(attachment, hostVeth, inPod);
            }
          });
    } catch (NetlinkException | DataplaneException | RuntimeException e) {
      failure.ifPresent(e::addSuppressed);
      failure = Optional.of(e);
    }
    if (failure.isPresent()) {
      cause.addSuppressed(failure.get());
      if (cause instanceof DataplaneException failed && failed.reason() != Reason.MISSING) {
        throw new DataplaneException(
            Reason.BUSY,
            "%s; what was made is still there: %s"
                .formatted(failed.getMessage(), failure.get().getMessage()),
            failed);
      }
    }
  }

  private LinkRef bridge() throws NetlinkException, DataplaneException {
    return bridgeIfAny()
        .orElseThrow(
            () -> new DataplaneException(Reason.MISSING, "there is no bridge " + Bridge.NAME));
  }

  private Optional<LinkRef> bridgeIfAny() throws NetlinkException {
    LinkRef known = bridge;
    if (known != null) {
      return Optional.of(known);
    }
    Optional<LinkRef> found = host.find(LinkQuery.byName(Bridge.NAME)).map(LinkInfo::ref);
    bridge = found.orElse(null);
    return found;
  }

  /** Whether the link of this index is being attached or detached. */
  public boolean isBusyWith(int index) {
    return busy.contains(index) || deleter.isDeleting(index);
  }

  /** A host veth is gone, with its pod or by our own doing. */
  public void forget(LinkRef hostVeth) {
    made.computeIfPresent(
        hostVeth.name(), (name, is) -> is.hostVeth().equals(hostVeth) ? null : is);
  }

  /** Any host veth may be gone. */
  public void forgetHostVeths() {
    made.clear();
  }

  /** The bridge may be another one by now. */
  public void forgetBridge() {
    bridge = null;
  }

  private int takeIndex() {
    return nextIndex.getAndUpdate(index -> index >= LAST_INDEX ? FIRST_INDEX : index + 1);
  }
}
