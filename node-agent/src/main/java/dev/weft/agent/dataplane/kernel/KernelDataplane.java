// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.attach.Attacher;
import dev.weft.agent.dataplane.attach.AttachmentCheck;
import dev.weft.agent.dataplane.attach.HostVethDriver;
import dev.weft.agent.dataplane.attach.LinkDeleter;
import dev.weft.agent.dataplane.attach.Rehearsal;
import dev.weft.agent.dataplane.bridge.BridgeDriver;
import dev.weft.agent.dataplane.bridge.ForeignAddressDriver;
import dev.weft.agent.dataplane.bridge.GatewayDriver;
import dev.weft.agent.dataplane.driver.Driver;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.agent.dataplane.driver.SocketPool;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.hostport.HostPortDriver;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.KernelPolicyDataplane;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.agent.dataplane.routing.ForeignRouteDriver;
import dev.weft.agent.dataplane.routing.NeighbourDriver;
import dev.weft.agent.dataplane.routing.NextHopDriver;
import dev.weft.agent.dataplane.routing.RouteDriver;
import dev.weft.agent.dataplane.rules.NftTables;
import dev.weft.agent.dataplane.rules.RulesDriver;
import dev.weft.agent.dataplane.tunnel.TunnelAddressDriver;
import dev.weft.agent.dataplane.tunnel.TunnelEndDriver;
import dev.weft.agent.dataplane.tunnel.TunnelNeighbourDriver;
import dev.weft.agent.dataplane.tunnel.TunnelRulesDriver;
import dev.weft.agent.dataplane.tunnel.VxlanDriver;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Family;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The dataplane of the kernel, by netlink; and by {@code nft} for the rules. It needs
 * CAP_NET_ADMIN.
 *
 * <p>The loop ({@link #read}, {@link #apply}) has sockets of its own: a long dump keeps no ADD
 * waiting, and when it has changed something it is notified, so that it reads once more (an ADD may
 * have taken meanwhile what the loop removed as stale). What an ADD or DEL changes is not notified.
 */
public final class KernelDataplane implements Dataplane {
  private final Sockets sockets;
  private final SocketPool host;
  private final SocketPool loop;
  private final NetlinkSocket hotNft;
  private final NetlinkSocket loopNft;

  /** For a scrape, which neither the loop's dumps and transactions nor an ADD's keep waiting. */
  private final NetlinkSocket counterNft;

  private final List<Driver> drivers;
  private final FactsReader facts = new FactsReader(System::nanoTime);
  private final PolicyDataplane policies;
  private final LinkDeleter deleter;
  private final Attacher attacher;
  private final ChangeMonitor monitor;

  /** Over sockets of one's own; else as {@link #open}. */
  public KernelDataplane(Sockets sockets, int deleters) throws NetlinkException {
    this.sockets = sockets;
    host = new SocketPool(sockets);
    loop = new SocketPool(sockets);
    hotNft = sockets.openNetfilter();
    loopNft = sockets.openNetfilter();
    counterNft = sockets.openNetfilter();
    deleter = new LinkDeleter(host, deleters);
    List<LinkInfo> links = host.use(socket -> socket.dump(LinkQuery.all()));
    int highest = links.stream().mapToInt(LinkInfo::index).max().orElse(0);
    int bridge =
        links.stream().filter(Ownership::isBridge).mapToInt(LinkInfo::index).findFirst().orElse(0);
    attacher = new Attacher(sockets, host, hotNft, deleter, highest);
    NftProgram nft = new NftProgram();
    drivers = drivers(nft, loopNft, deleter);
    policies = new KernelPolicyDataplane(nft, hotNft, loopNft, counterNft);
    List<Integer> tunnels =
        links.stream().filter(Ownership::isTunnel).map(LinkInfo::index).toList();
    monitor =
        loop.use(
            socket ->
                new ChangeMonitor(
                    this::isHotSocket,
                    attacher,
                    drivers,
                    facts,
                    policies,
                    bridge,
                    tunnels,
                    new LoopSockets(socket, loopNft)));
  }

  /** For each kind of object that is ours one of them. */
  private static List<Driver> drivers(
      NftProgram nft, NetlinkSocket netfilter, LinkDeleter deleter) {
    return List.of(
        new BridgeDriver(Rehearsal.veth()),
        new GatewayDriver(),
        new ForeignAddressDriver(),
        new ForeignRouteDriver(),
        new RulesDriver(new NftTables(nft, netfilter)),
        new HostPortDriver(),
        new HostVethDriver(deleter),
        new NeighbourDriver(),
        new TunnelRulesDriver(nft, netfilter),
        new VxlanDriver(),
        new TunnelAddressDriver(),
        new TunnelEndDriver(),
        new TunnelNeighbourDriver(),
        new NextHopDriver(),
        new RouteDriver());
  }

  /**
   * Opens the dataplane of this process's network namespace.
   *
   * @param deleters how many links may wait for the kernel to finish their deletion at a time:
   *     about deletions per second × 0.02
   * @throws DataplaneException if the kernel refuses its sockets
   */
  public static KernelDataplane open(int deleters) throws DataplaneException {
    try {
      return new KernelDataplane(Sockets.KERNEL, deleters);
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  /** The network policies of this node, which are no part of its state. */
  public PolicyDataplane policies() {
    return policies;
  }

  @Override
  public NodeState read() throws DataplaneException {
    try {
      return loop.use(
          socket -> {
            Snapshot kernel = new Snapshot(new LoopSockets(socket, loopNft));
            NodeState.Builder state = NodeState.builder();
            for (Driver driver : drivers) {
              driver.read(kernel, state);
            }
            return state.build();
          });
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  @Override
  public NodeFacts facts(FactsWanted wanted) throws DataplaneException {
    try {
      return loop.use(socket -> facts.read(socket, loopNft, wanted));
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  @Override
  public List<Failure> apply(List<Change<?>> changes) {
    Failures failures = new Failures();
    try {
      loop.use(
          socket -> {
            apply(new LoopSockets(socket, loopNft), changes, failures);
            return failures;
          });
    } catch (NetlinkException e) {
      failures.addAll(changes, e);
    }
    List<Failure> failed = failures.all();
    // What is refused each time is tried again in its own time, not at once.
    if (failed.stream().map(Failure::change).distinct().count() < changes.size()) {
      monitor.changed();
    }
    return failed;
  }

  /** Each run of changes that one driver makes is made together. */
  private void apply(LoopSockets sockets, List<Change<?>> changes, Failures failures) {
    int from = 0;
    while (from < changes.size()) {
      Driver driver = driverOf(changes.get(from));
      Set<Kind<?>> kinds = driver.kinds();
      int to = from + 1;
      while (to < changes.size() && kinds.contains(changes.get(to).kind())) {
        to++;
      }
      driver.apply(sockets, changes.subList(from, to), failures);
      from = to;
    }
  }

  private Driver driverOf(Change<?> change) {
    return drivers.stream()
        .filter(driver -> driver.kinds().contains(change.kind()))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no driver for " + change.describe()));
  }

  @Override
  public Map<Family, Integer> attach(AttachRequest request, PodNamespace pod)
      throws DataplaneException {
    try {
      return attacher.attach(request, pod);
    } catch (DataplaneException e) {
      if (e.reason() == DataplaneException.Reason.MISSING) {
        monitor.objectMissing();
      }
      throw e;
    }
  }

  @Override
  public void detach(Attachment attachment, Set<HostPort> hostPorts, Optional<PodNamespace> pod)
      throws DataplaneException {
    attacher.detach(attachment, hostPorts, pod);
  }

  @Override
  public boolean hasInterface(String ifName, PodNamespace pod) throws DataplaneException {
    try (NetlinkSocket inPod = sockets.borrowRoute(pod.routeSocket())) {
      return inPod.find(LinkQuery.byName(ifName)).isPresent();
    } catch (NetlinkException e) {
      throw KernelErrors.inPod(e);
    }
  }

  @Override
  public List<String> check(AttachRequest request, OptionalInt podMtuBytes, PodNamespace pod)
      throws DataplaneException {
    try (NetlinkSocket inPod = sockets.borrowRoute(pod.routeSocket())) {
      return host.use(
          socket ->
              new AttachmentCheck(socket, inPod, loopNft, request, podMtuBytes)
                  .differences(rulesInSync()));
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  private boolean rulesInSync() throws DataplaneException {
    for (Driver driver : drivers) {
      if (!driver.isInSync()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Map<DropReason, Long> dropped() throws DataplaneException {
    try {
      return DropCounters.read(counterNft);
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  /** Makes the first ADD as fast as any: goes its way once, with objects that do not exist. */
  public void rehearse() {
    new Rehearsal(host, hotNft).run();
  }

  @Override
  public void onChange(Runnable listener) {
    monitor.listen(listener);
  }

  @Override
  public Optional<String> stuck() {
    return deleter.stuck();
  }

  @Override
  public void close() {
    monitor.close();
    deleter.close();
    host.close();
    loop.close();
    hotNft.close();
    loopNft.close();
    counterNft.close();
  }

  private boolean isHotSocket(int netlinkPid) {
    return host.has(netlinkPid) || netlinkPid == hotNft.netlinkPid();
  }
}
