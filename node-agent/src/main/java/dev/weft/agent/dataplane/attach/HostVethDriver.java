// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.KindDriver;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Request;
import dev.weft.netlink.route.BridgePortSettings;
import dev.weft.netlink.route.FdbInfo;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.SetLink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;

/** Repairs the host ends of pods' veths and deletes stale ones; only an ADD makes them. */
public final class HostVethDriver extends KindDriver<HostVeth> {
  private static final int NO_BRIDGE = -1;

  private final LinkDeleter deleter;

  /**
   * The driver of host veths.
   *
   * @param deleter deletes stale ones
   */
  public HostVethDriver(LinkDeleter deleter) {
    super(HostVeth.KIND);
    this.deleter = deleter;
  }

  @Override
  protected Collection<HostVeth> read(Snapshot kernel) throws NetlinkException {
    int bridge = kernel.bridge().map(LinkInfo::index).orElse(NO_BRIDGE);
    List<HostVeth> veths = new ArrayList<>();
    for (LinkInfo link : kernel.links()) {
      if (Ownership.isHostVeth(link)) {
        Optional<Attachment> attachment = Ownership.attachment(link);
        boolean inSync =
            attachment.isPresent() && isInSync(link, attachment.get(), bridge, kernel.fdb());
        veths.add(new HostVeth(link.name(), attachment, inSync, link.mtuBytes()));
      }
    }
    return veths;
  }

  /**
   * Whether a host veth is up, in its group, on the bridge, with its settings and its FDB entry.
   *
   * @param bridge index of our bridge
   */
  static boolean isInSync(LinkInfo link, Attachment attachment, int bridge, Set<FdbInfo> fdb) {
    return link.up()
        && link.group() == Ownership.HOST_VETH_GROUP
        && link.master() == bridge
        && link.bridgePort().equals(Optional.of(BridgePortSettings.ROUTED))
        && fdb.stream()
            .anyMatch(
                entry ->
                    entry.isStatic()
                        && entry.bridgePort() == link.index()
                        && entry.mac().equals(attachment.mac()));
  }

  /** Deletes all at the same time, for each alone takes the kernel 15 ms; repairs one by one. */
  @Override
  protected void applyAll(LoopSockets sockets, List<Change<HostVeth>> changes, Failures failures) {
    Map<Change<HostVeth>, Future<Void>> deletions = new LinkedHashMap<>();
    for (Change<HostVeth> change : changes) {
      failures.attempt(
          change,
          () -> {
            if (change.isRemoval()) {
              Optional<LinkInfo> link = find(sockets.route(), change.before().orElseThrow());
              if (link.isPresent()) {
                deletions.put(change, deleter.delete(link.get().ref(), List.of()));
              }
            } else {
              repair(sockets.route(), change.after().orElseThrow());
            }
          });
    }
    deletions.forEach(
        (change, deletion) -> failures.attempt(change, () -> deleter.await(deletion)));
  }

  private static Optional<LinkInfo> find(NetlinkSocket route, HostVeth veth)
      throws NetlinkException, DataplaneException {
    Optional<LinkInfo> found = route.find(LinkQuery.byName(veth.name()));
    if (found.isPresent() && !Ownership.isHostVeth(found.get())) {
      throw new DataplaneException(
          Reason.FOREIGN_LINK, "link " + veth.name() + " is not ours: it is left alone");
    }
    return found;
  }

  private static void repair(NetlinkSocket route, HostVeth veth)
      throws NetlinkException, DataplaneException {
    LinkRef link =
        find(route, veth)
            .map(LinkInfo::ref)
            .orElseThrow(
                () ->
                    new DataplaneException(Reason.MISSING, "no link " + veth.name() + " any more"));
    LinkRef bridge =
        Ownership.findBridge(route)
            .map(LinkInfo::ref)
            .orElseThrow(
                () -> new DataplaneException(Reason.MISSING, "there is no bridge " + Bridge.NAME));
    List<Request> requests = new ArrayList<>();
    requests.add(
        SetLink.of(
            link,
            LinkSetting.group(Ownership.HOST_VETH_GROUP),
            LinkSetting.master(bridge.index()),
            new LinkSetting.Up(true)));
    requests.addAll(PodParts.bridgePort(veth.attachment().orElseThrow(), link));
    route.executeOrThrow(requests);
  }
}
