// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddBridgeFdbEntry;
import dev.weft.netlink.route.BridgeSettings;
import dev.weft.netlink.route.CreateBridge;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.FdbInfo;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.SetLink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The bridge itself, with its MAC, MTU, "up", settings and its own FDB entry. */
public final class BridgeDriver extends KindDriver<Bridge> {
  /** So that no frame passes the anti-spoofing filter by. */
  private static final int GROUP_FORWARD_MASK = BridgeSettings.ALL_BUT_STP_PAUSE_AND_LACP;

  private static final BridgeSettings FILTERS_ALL = new BridgeSettings(GROUP_FORWARD_MASK);

  private final Request trialVeth;

  /**
   * The driver of the bridge.
   *
   * @param trialVeth a request for a veth that the kernel refuses for what it names
   */
  public BridgeDriver(Request trialVeth) {
    super(Bridge.KIND);
    this.trialVeth = trialVeth;
  }

  @Override
  protected Collection<Bridge> read(Snapshot kernel) throws NetlinkException {
    Optional<LinkInfo> bridge = kernel.bridge();
    return bridge.isPresent() ? List.of(read(bridge.get(), kernel.fdb())) : List.of();
  }

  private static Bridge read(LinkInfo link, Set<FdbInfo> fdb) {
    MacAddress mac = link.mac().orElse(new MacAddress(0));
    boolean takesFrames =
        link.up()
            && link.bridge().stream().anyMatch(FILTERS_ALL::equals)
            && fdb.stream().anyMatch(entry -> entry.isOfBridge() && entry.mac().equals(mac));
    return new Bridge(mac, link.mtuBytes(), takesFrames);
  }

  @Override
  protected void applyAll(LoopSockets sockets, List<Change<Bridge>> changes, Failures failures) {
    for (Change<Bridge> change : changes) {
      failures.attempt(
          change,
          () -> {
            if (change.isRemoval()) {
              remove(sockets.route());
            } else {
              ensure(sockets.route(), change.after().orElseThrow());
            }
          });
    }
  }

  private void ensure(NetlinkSocket route, Bridge wanted)
      throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = Ownership.findBridge(route);
    if (found.isEmpty()) {
      requireVeths(route);
      route.execute(
          new CreateBridge(Bridge.NAME, wanted.mac(), wanted.mtuBytes(), GROUP_FORWARD_MASK));
      return;
    }
    List<LinkSetting> settings = new ArrayList<>();
    if (!found.get().mac().equals(Optional.of(wanted.mac()))) {
      // Also the same MAC, written again, would cost the bridge its neighbours.
      settings.add(LinkSetting.mac(wanted.mac()));
    }
    settings.add(LinkSetting.mtu(wanted.mtuBytes()));
    settings.add(new LinkSetting.Up(true));
    settings.add(FILTERS_ALL);
    route.execute(new SetLink(found.get().ref(), settings));
    route.execute(new AddBridgeFdbEntry(found.get().ref(), wanted.mac()));
  }

  /** No bridge where the kernel cannot make the host veths that are attached to it. */
  private void requireVeths(NetlinkSocket route) throws NetlinkException {
    try {
      route.execute(trialVeth);
    } catch (NetlinkException e) {
      if (e.errno() == Errno.EOPNOTSUPP) {
        throw e;
      }
      // Any other refusal is of what this veth names, which does not exist: veths can be made.
    }
  }

  private static void remove(NetlinkSocket route) throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = Ownership.findBridge(route);
    if (found.isEmpty()) {
      return;
    }
    try {
      route.execute(DeleteLink.of(found.get().ref()));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }
}
