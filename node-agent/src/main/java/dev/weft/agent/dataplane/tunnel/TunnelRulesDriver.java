// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.Driver;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.agent.dataplane.nft.SetRemoval;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.TunnelPeer;
import dev.weft.core.dataplane.TunnelRules;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Notification;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.AddressElement;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of tunnels, and the elements of their sets. What a plan adds to the sets is there
 * before the rules, where these are written: they never drop what is from a peer.
 */
public final class TunnelRulesDriver implements Driver {
  /** Of elements in one transaction: 150 kB. */
  private static final int MOST = 4096;

  private final NftProgram nft;
  private final TunnelTable table;
  private Optional<TunnelRules.Content> written = Optional.empty();

  /**
   * Rules that were not written yet.
   *
   * @param nft writes and lists them
   * @param netfilter a NETLINK_NETFILTER socket
   */
  public TunnelRulesDriver(NftProgram nft, NetlinkSocket netfilter) {
    this.nft = nft;
    table = new TunnelTable(nft, netfilter);
  }

  @Override
  public Set<Kind<?>> kinds() {
    return Set.of(TunnelRules.KIND, TunnelPeer.KIND);
  }

  @Override
  public void mayHaveChanged() {
    table.mayHaveChanged();
  }

  @Override
  public boolean noteChange(Notification change) {
    return table.noteChange(change);
  }

  @Override
  public void read(Snapshot kernel, NodeState.Builder state)
      throws NetlinkException, DataplaneException {
    NftTable.State found = table.read();
    if (found == NftTable.State.ABSENT) {
      return;
    }
    boolean asWritten = found == NftTable.State.AS_WRITTEN && written.isPresent();
    state.add(TunnelRules.KIND, asWritten ? new TunnelRules(written) : TunnelRules.ALTERED);
    for (Family family : Family.values()) {
      try {
        kernel
            .nft()
            .dump(new SetQuery<>(TunnelTable.set(family), AddressElement::of))
            .forEach(element -> state.add(TunnelPeer.KIND, new TunnelPeer(element.address())));
      } catch (NetlinkException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
  }

  @Override
  public void apply(LoopSockets sockets, List<Change<?>> changes, Failures failures) {
    List<Change<TunnelPeer>> peers = new ArrayList<>();
    for (Change<?> change : changes) {
      if (change.kind() == TunnelPeer.KIND) {
        peers.add(TunnelPeer.KIND.cast(change));
      }
    }
    Optional<Change<TunnelRules>> rules =
        changes.stream()
            .filter(change -> change.kind() == TunnelRules.KIND)
            .<Change<TunnelRules>>map(TunnelRules.KIND::cast)
            .findFirst();
    if (rules.filter(Change::isRemoval).isPresent()) {
      failures.attempt(rules.get(), this::remove);
      return;
    }
    if (rules.isPresent() && peers.stream().anyMatch(peer -> !peer.isRemoval())) {
      failures.attempt(rules.get(), () -> nft.apply(TunnelTable.SETS));
    }
    for (int from = 0; from < peers.size(); from += MOST) {
      List<Change<TunnelPeer>> part = peers.subList(from, Math.min(from + MOST, peers.size()));
      failures.attemptAll(new ArrayList<Change<?>>(part), () -> change(sockets.nft(), part));
    }
    rules.ifPresent(change -> failures.attempt(change, () -> write(change)));
  }

  private void remove() throws DataplaneException {
    written = Optional.empty();
    table.removed();
    nft.apply(table.removal());
  }

  private void write(Change<TunnelRules> change) throws DataplaneException {
    Optional<TunnelRules.Content> content =
        change.after().flatMap(TunnelRules::content).or(() -> written);
    written = Optional.empty();
    if (content.isPresent()) {
      table.write(table.rendered(content.get()));
      table.removeUnknown();
      written = content;
    }
  }

  private static void change(NetlinkSocket nft, List<Change<TunnelPeer>> peers)
      throws NetlinkException {
    List<SetChange.Step> added = new ArrayList<>();
    for (Family family : Family.values()) {
      List<AddressElement> elements =
          peers.stream()
              .flatMap(peer -> peer.after().stream())
              .filter(peer -> peer.address().family() == family)
              .map(peer -> new AddressElement(peer.address()))
              .toList();
      if (!elements.isEmpty()) {
        added.add(new SetChange.Step(true, TunnelTable.set(family), elements));
      }
    }
    if (!added.isEmpty()) {
      nft.execute(new SetChange(added));
    }
    List<SetChange.Step> removed =
        peers.stream()
            .filter(Change::isRemoval)
            .map(peer -> removal(peer.before().orElseThrow().address()))
            .toList();
    if (!removed.isEmpty()) {
      SetRemoval.run(nft, new SetChange(removed));
    }
  }

  /** A step of its own: where one is gone, the others go. */
  private static SetChange.Step removal(IpAddress address) {
    return new SetChange.Step(
        false, TunnelTable.set(address.family()), List.of(new AddressElement(address)));
  }
}
