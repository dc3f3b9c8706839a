// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.dataplane.Port;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddBridgeFdbEntry;
import dev.weft.netlink.route.BridgeSettings;
import dev.weft.netlink.route.CreateBridge;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.SetLink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Carries out the steps of a plan: runs of routes, neighbours and gateways in one send, runs of the
 * anti-spoofing filter's elements in one transaction, runs of ports to be deleted all at the same
 * time, and the rest one by one.
 */
final class ChangeApplier {
  /** Of the bridge, so that no frame passes the anti-spoofing filter by. */
  static final int GROUP_FORWARD_MASK = BridgeSettings.ALL_BUT_STP_PAUSE_AND_LACP;

  private final NetlinkSocket route;
  private final NetlinkSocket nft;
  private final NftTables tables;
  private final LinkDeleter deleter;

  /**
   * What the plan adds to the anti-spoofing filter: it is written with the rules already, where
   * they are.
   */
  private List<AntiSpoofEntry> antiSpoofEntries = List.of();

  ChangeApplier(NetlinkSocket route, NetlinkSocket nft, NftTables tables, LinkDeleter deleter) {
    this.route = route;
    this.nft = nft;
    this.tables = tables;
    this.deleter = deleter;
  }

  /** A kind of step that is carried out many at a time. */
  private enum Run {
    ROUTING,
    ANTI_SPOOFING,
    PORT_REMOVAL,
    SINGLE
  }

  List<Dataplane.Failure> apply(List<DataplaneChange> changes) {
    antiSpoofEntries =
        changes.stream()
            .filter(DataplaneChange.AddAntiSpoofEntry.class::isInstance)
            .map(change -> ((DataplaneChange.AddAntiSpoofEntry) change).entry())
            .toList();
    List<Dataplane.Failure> failures = new ArrayList<>();
    int from = 0;
    while (from < changes.size()) {
      Run run = runOf(changes.get(from));
      int to = from + 1;
      while (to < changes.size() && run != Run.SINGLE && runOf(changes.get(to)) == run) {
        to++;
      }
      apply(run, changes.subList(from, to), failures);
      from = to;
    }
    return failures;
  }

  private static Run runOf(DataplaneChange change) {
    if (RoutingBatch.takes(change)) {
      return Run.ROUTING;
    }
    if (AntiSpoofBatch.takes(change)) {
      return Run.ANTI_SPOOFING;
    }
    return change instanceof DataplaneChange.RemovePort ? Run.PORT_REMOVAL : Run.SINGLE;
  }

  private void apply(Run run, List<DataplaneChange> changes, List<Dataplane.Failure> failures) {
    switch (run) {
      case ROUTING -> new RoutingBatch(route, failures).apply(changes);
      case ANTI_SPOOFING -> new AntiSpoofBatch(nft, failures).apply(changes);
      case PORT_REMOVAL -> new PortRemovals(route, deleter, failures).apply(changes);
      case SINGLE -> applyOne(changes.get(0), failures);
    }
  }

  private void applyOne(DataplaneChange change, List<Dataplane.Failure> failures) {
    try {
      if (change instanceof DataplaneChange.EnsureBridge step) {
        ensureBridge(step.bridge());
      } else if (change instanceof DataplaneChange.RemoveBridge) {
        removeBridge();
      } else if (change instanceof DataplaneChange.ReplaceRules step) {
        replaceRules(step);
      } else if (change instanceof DataplaneChange.ChangeNodeAddresses step) {
        new HostPorts(nft).changeNodeAddresses(step.added(), step.removed());
      } else if (change instanceof DataplaneChange.RemoveRules) {
        tables.remove();
      } else if (change instanceof DataplaneChange.RepairPort step) {
        repairPort(step.port());
      } else if (change instanceof DataplaneChange.AddHostPort step) {
        new HostPorts(nft).add(List.of(step.hostPort()));
      } else if (change instanceof DataplaneChange.RemoveHostPort step) {
        new HostPorts(nft).remove(List.of(step.hostPort()));
      } else {
        throw new IllegalArgumentException("a change of no known kind: " + change);
      }
    } catch (NetlinkException e) {
      failures.add(new Dataplane.Failure(change, KernelErrors.of(e)));
    } catch (DataplaneException e) {
      failures.add(new Dataplane.Failure(change, e));
    }
  }

  /** Also where a table is refused: it costs only itself. */
  private void replaceRules(DataplaneChange.ReplaceRules step)
      throws NetlinkException, DataplaneException {
    try {
      tables.replace(step.rules(), antiSpoofEntries, step.nodeAddresses());
    } finally {
      new HostPorts(nft).pair();
    }
  }

  private void ensureBridge(Bridge wanted) throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = findBridge();
    if (found.isEmpty()) {
      requireVeths();
      route.execute(
          new CreateBridge(Bridge.NAME, wanted.mac(), wanted.mtuBytes(), GROUP_FORWARD_MASK));
      return;
    }
    List<LinkSetting> settings = new ArrayList<>();
    if (!found.get().mac().equals(Optional.of(wanted.mac()))) {
      // Also the same MAC, written again, would cost the bridge its neighbours.
      settings.add(new LinkSetting.Mac(wanted.mac()));
    }
    settings.add(new LinkSetting.Mtu(wanted.mtuBytes()));
    settings.add(new LinkSetting.Up(true));
    settings.add(new BridgeSettings(GROUP_FORWARD_MASK));
    route.execute(new SetLink(found.get().ref(), settings));
    route.execute(new AddBridgeFdbEntry(found.get().ref(), wanted.mac()));
  }

  /** No bridge where the kernel cannot make what its ports are. */
  private void requireVeths() throws NetlinkException {
    try {
      route.execute(Rehearsal.veth());
    } catch (NetlinkException e) {
      if (e.errno() == Errno.EOPNOTSUPP) {
        throw e;
      }
      // Any other refusal is of what this veth names, which does not exist: veths can be made.
    }
  }

  private void removeBridge() throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = findBridge();
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

  private void repairPort(Port port) throws NetlinkException, DataplaneException {
    LinkInfo link =
        route
            .find(LinkQuery.byName(port.name()))
            .orElseThrow(
                () ->
                    new DataplaneException(Reason.MISSING, "no link " + port.name() + " any more"));
    if (!Ownership.isPort(link)) {
      throw foreign(link);
    }
    Attachment attachment = port.attachment().orElseThrow();
    LinkRef bridge =
        findBridge()
            .map(LinkInfo::ref)
            .orElseThrow(
                () -> new DataplaneException(Reason.MISSING, "there is no bridge " + Bridge.NAME));
    List<Request> requests = new ArrayList<>();
    requests.add(
        SetLink.of(
            link.ref(),
            new LinkSetting.Group(Ownership.PORT_GROUP),
            new LinkSetting.Master(bridge.index()),
            new LinkSetting.Up(true)));
    requests.addAll(PodParts.port(attachment, link.ref()));
    route.executeOrThrow(requests);
  }

  private Optional<LinkInfo> findBridge() throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = route.find(LinkQuery.byName(Bridge.NAME));
    if (found.isPresent() && !Ownership.isBridge(found.get())) {
      throw foreign(found.get());
    }
    return found;
  }

  static DataplaneException foreign(LinkInfo link) {
    return new DataplaneException(
        Reason.FOREIGN_LINK, "link " + link.name() + " is not ours: it is left alone");
  }
}
