// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.CreateVxlan;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.SetLink;
import dev.weft.netlink.route.VxlanSettings;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The VXLAN devices. What the kernel does not change on one that is there (identifier, port, link,
 * address) has it made again; its entries and routes go with it, and the next run writes them.
 */
public final class VxlanDriver extends KindDriver<VxlanDevice> {
  /** What comes out of a tunnel may be answered by a route, while a path changes. */
  private static final int LOOSE = 2;

  /** The driver of VXLAN devices. */
  public VxlanDriver() {
    super(VxlanDevice.KIND);
  }

  @Override
  protected Collection<VxlanDevice> read(Snapshot kernel) throws NetlinkException {
    Map<Integer, String> names = kernel.linkNames();
    return kernel.tunnels().stream().flatMap(link -> read(link, names).stream()).toList();
  }

  private static Optional<VxlanDevice> read(LinkInfo link, Map<Integer, String> names) {
    return link.vxlan()
        .map(
            settings -> {
              Family underlay =
                  Stream.of(Family.values())
                      .filter(family -> VxlanDevice.name(family).equals(link.name()))
                      .findFirst()
                      .orElseThrow();
              return new VxlanDevice(
                  underlay,
                  link.mac().orElse(new MacAddress(0)),
                  link.mtuBytes(),
                  settings.vni(),
                  settings.port(),
                  names.getOrDefault(settings.underlay(), ""),
                  settings.local().orElse(IpAddress.ofBytes(new byte[underlay.bytes()])),
                  link.up() && !settings.learns() && link.reversePathFilter() == LOOSE);
            });
  }

  @Override
  protected void applyAll(
      LoopSockets sockets, List<Change<VxlanDevice>> changes, Failures failures) {
    for (Change<VxlanDevice> change : changes) {
      failures.attempt(
          change,
          () -> {
            if (change.isRemoval()) {
              remove(sockets.route(), change.before().orElseThrow().name());
            } else {
              ensure(sockets.route(), change.after().orElseThrow());
            }
          });
    }
  }

  private static void ensure(NetlinkSocket route, VxlanDevice wanted)
      throws NetlinkException, DataplaneException {
    LinkRef link =
        route
            .find(LinkQuery.byName(wanted.link()))
            .map(LinkInfo::ref)
            .orElseThrow(
                () ->
                    new DataplaneException(
                        Reason.MISSING,
                        "link %s, which %s is to send by, is not there"
                            .formatted(wanted.link(), wanted.name())));
    VxlanSettings settings =
        new VxlanSettings(wanted.vni(), wanted.port(), link.index(), wanted.local());
    Optional<LinkInfo> there = find(route, wanted.name());
    if (there.isPresent() && !there.get().vxlan().equals(Optional.of(settings))) {
      route.execute(DeleteLink.of(there.get().ref()));
      there = Optional.empty();
    }
    if (there.isEmpty()) {
      create(route, wanted, settings);
      there = find(route, wanted.name());
    }
    LinkRef device = there.orElseThrow().ref();
    if (!there.get().mac().equals(Optional.of(wanted.mac()))) {
      // Also the same MAC, written again, would cost the device its neighbours.
      route.execute(SetLink.of(device, LinkSetting.mac(wanted.mac())));
    }
    route.execute(
        SetLink.of(
            device, LinkSetting.mtu(wanted.mtuBytes()), LinkSetting.reversePathFilter(LOOSE)));
    makesNoLinkLocalAddress(route, device);
    try {
      route.execute(SetLink.up(device));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EADDRINUSE) {
        throw e;
      }
      throw KernelErrors.of(
          Reason.OTHER,
          e,
          "another program on this node uses UDP port %d: stop it, or choose another port for"
                  .formatted(wanted.port())
              + " tunnels on every node");
    }
  }

  private static void create(NetlinkSocket route, VxlanDevice wanted, VxlanSettings settings)
      throws NetlinkException, DataplaneException {
    try {
      route.execute(new CreateVxlan(wanted.name(), wanted.mac(), wanted.mtuBytes(), settings));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      String other =
          route.dump(LinkQuery.all()).stream()
              .filter(link -> link.vxlan().filter(is -> is.vni() == wanted.vni()).isPresent())
              .map(LinkInfo::name)
              .findFirst()
              .orElse("another device");
      throw KernelErrors.of(
          Reason.FOREIGN_LINK,
          e,
          "%s on this node has VNI %d already: remove it, or choose another for tunnels on every node"
              .formatted(other, wanted.vni()));
    }
  }

  /** A kernel without IPv6 refuses the setting, and makes no such address. */
  private static void makesNoLinkLocalAddress(NetlinkSocket route, LinkRef device)
      throws NetlinkException {
    try {
      route.execute(SetLink.of(device, LinkSetting.noLinkLocalAddress()));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.EAFNOSUPPORT) {
        throw e;
      }
    }
  }

  private static Optional<LinkInfo> find(NetlinkSocket route, String name)
      throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = route.find(LinkQuery.byName(name));
    if (found.isPresent() && !Ownership.isTunnel(found.get())) {
      throw new DataplaneException(
          Reason.FOREIGN_LINK, "link " + name + " is not ours: it is left alone");
    }
    return found;
  }

  private static void remove(NetlinkSocket route, String name)
      throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = find(route, name);
    if (found.isPresent()) {
      route.execute(DeleteLink.of(found.get().ref()));
    }
  }
}
