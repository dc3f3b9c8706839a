// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static dev.weft.agent.thread.AgentThread.NETLINK;

import dev.weft.agent.dataplane.attach.Attacher;
import dev.weft.agent.dataplane.driver.Driver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkMonitor;
import dev.weft.netlink.Notification;
import dev.weft.netlink.Notification.Subject;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteSpec;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * Listens to the kernel and reports when something changed that may be ours or that we depend on:
 * not for what an ADD or DEL of this process did, for neighbours on other links, or for what the
 * kernel does by itself on a pod's link.
 */
final class ChangeMonitor implements AutoCloseable {
  private static final int AF_BRIDGE = 7;

  private final IntPredicate hotSocket;
  private final Attacher attacher;
  private final List<Driver> drivers;
  private final FactsReader facts;
  private final PolicyDataplane policies;
  private final NetlinkMonitor route;
  private final NetlinkMonitor nftables;
  private volatile int bridge;

  /** Indexes of our VXLAN devices. */
  private final Set<Integer> tunnels = ConcurrentHashMap.newKeySet();

  private volatile Runnable listener = () -> {};

  /**
   * Starts listening.
   *
   * @param hotSocket the netlink pids of the sockets that ADD and DEL use
   * @param bridge index of the bridge, 0 where there is none yet
   * @param tunnels indexes of our VXLAN devices
   * @param loop the loop's sockets: what they change (thousands of objects in one run) is not
   *     notified, and {@link #changed} is to be called instead
   */
  ChangeMonitor(
      IntPredicate hotSocket,
      Attacher attacher,
      List<Driver> drivers,
      FactsReader facts,
      PolicyDataplane policies,
      int bridge,
      Collection<Integer> tunnels,
      LoopSockets loop)
      throws NetlinkException {
    this.hotSocket = hotSocket;
    this.attacher = attacher;
    this.drivers = drivers;
    this.facts = facts;
    this.policies = policies;
    this.bridge = bridge;
    this.tunnels.addAll(tunnels);
    route =
        NetlinkMonitor.route(
            containFailures(this::onRoute),
            NETLINK.containFailures(this::onLoss),
            loop.route().netlinkPid());
    nftables =
        NetlinkMonitor.nftables(
            containFailures(this::onNftables),
            NETLINK.containFailures(this::onLoss),
            loop.nft().netlinkPid());
  }

  private static Consumer<Notification> containFailures(Consumer<Notification> listener) {
    return notification -> NETLINK.containFailures(() -> listener.accept(notification)).run();
  }

  void listen(Runnable newListener) {
    listener = newListener;
  }

  /** The loop changed something. */
  void changed() {
    listener.run();
  }

  /** An ADD found that something of ours is missing: the kernel's notifications were not enough. */
  void objectMissing() {
    onLoss();
  }

  private void onLoss() {
    attacher.forgetBridge();
    attacher.forgetHostVeths();
    drivers.forEach(Driver::mayHaveChanged);
    facts.mayHaveChanged();
    policies.mayHaveChanged();
    listener.run();
  }

  private void onNftables(Notification notification) {
    if (notification.subject() == Subject.BASE_CHAIN) {
      facts.chainChanged(notification);
    }
    policies.noteChange(notification);
    if (!hotSocket.test(notification.netlinkPid()) && isOurs(notification)) {
      listener.run();
    }
  }

  private boolean isOurs(Notification change) {
    boolean ours = false;
    for (Driver driver : drivers) {
      ours |= driver.noteChange(change);
    }
    return ours;
  }

  private void onRoute(Notification notification) {
    boolean matters =
        switch (notification.subject()) {
          case LINK -> linkMatters(notification);
          case ADDRESS -> addressMatters(notification);
          case ROUTE -> routeMatters(notification);
          case NEXT_HOP -> notification.protocol() == RouteSpec.PROTOCOL;
          case NEIGHBOUR -> neighbourMatters(notification);
          case NFTABLES, BASE_CHAIN -> false;
        };
    if (matters) {
      listener.run();
    }
  }

  private boolean addressMatters(Notification notification) {
    if (isHostVeth(notification.link())) {
      return false;
    }
    if (notification.link() != bridge) {
      facts.addressChanged(notification.removed());
    }
    return true;
  }

  /** Of a full BGP table hardly a route does. */
  private boolean routeMatters(Notification notification) {
    if (notification.destination().isPresent()) {
      return facts.routeChanged(notification.destination().get()) || notification.link() == bridge;
    }
    return !isHostVeth(notification.link()) && !hotSocket.test(notification.netlinkPid());
  }

  private boolean linkMatters(Notification notification) {
    if (notification.name().equals(Bridge.NAME)) {
      boolean gone = notification.removed() && notification.family() != AF_BRIDGE;
      if (gone || notification.link() != bridge) {
        attacher.forgetBridge();
        bridge = gone ? 0 : notification.link();
      }
      return notification.family() != AF_BRIDGE;
    }
    if (VxlanDevice.isName(notification.name())) {
      if (notification.removed()) {
        tunnels.remove(notification.link());
      } else {
        tunnels.add(notification.link());
      }
      return true;
    }
    if (notification.removed() && notification.family() != AF_BRIDGE) {
      attacher.forget(new LinkRef(notification.link(), notification.name()));
    }
    facts.linkChanged(notification.link());
    return !attacher.isBusyWith(notification.link());
  }

  private boolean neighbourMatters(Notification notification) {
    if (hotSocket.test(notification.netlinkPid())) {
      return false;
    }
    if (tunnels.contains(notification.link())) {
      return true;
    }
    if (notification.family() == AF_BRIDGE) {
      return isHostVeth(notification.link()) && !attacher.isBusyWith(notification.link());
    }
    return notification.link() == bridge;
  }

  /** Only host ends have an index of those that we choose. */
  private static boolean isHostVeth(int link) {
    return link >= Attacher.FIRST_INDEX;
  }

  @Override
  public void close() {
    route.close();
    nftables.close();
  }
}
