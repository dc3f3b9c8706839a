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
 * The rules of tunnels, and the elements of their sets. What a plan adds to the sets comes with the
 * rules, where these are written: a table that somebody deleted comes back with its peers.
 */
public final class TunnelRulesDriver implements Driver {
  /** Of elements in one transaction. */
  private static final int MOST = 512;

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
    List<Change<TunnelPeer>> left = peers;
    if (rules.isPresent()) {
      failures.attempt(rules.get(), () -> write(rules.get(), peers));
      // Those that came were written with the rules.
      left = written.isPresent() ? peers.stream().filter(Change::isRemoval).toList() : peers;
    }
    int from = 0;
    while (from < left.size()) {
      int to = Math.min(from + MOST, left.size());
      List<Change<TunnelPeer>> part = left.subList(from, to);
      failures.attemptAll(new ArrayList<Change<?>>(part), () -> change(sockets.nft(), part));
      from = to;
    }
  }

  private void remove() throws DataplaneException {
    written = Optional.empty();
    table.removed();
    nft.apply(table.removal());
  }

  private void write(Change<TunnelRules> change, List<Change<TunnelPeer>> peers)
      throws DataplaneException {
    Optional<TunnelRules.Content> content =
        change.after().flatMap(TunnelRules::content).or(() -> written);
    written = Optional.empty();
    if (content.isPresent()) {
      List<TunnelPeer> added = peers.stream().flatMap(peer -> peer.after().stream()).toList();
      table.write(table.rendered(content.get(), added));
      table.removeUnknown();
      written = content;
    }
  }

  private static void change(NetlinkSocket nft, List<Change<TunnelPeer>> peers)
      throws NetlinkException {
    List<SetChange.Step> added = new ArrayList<>();
    List<SetChange.Step> removed = new ArrayList<>();
    for (Change<TunnelPeer> peer : peers) {
      peer.after().ifPresent(one -> added.add(step(true, one)));
      if (peer.isRemoval()) {
        removed.add(step(false, peer.before().orElseThrow()));
      }
    }
    if (!added.isEmpty()) {
      nft.execute(new SetChange(added));
    }
    if (!removed.isEmpty()) {
      SetRemoval.run(nft, new SetChange(removed));
    }
  }

  private static SetChange.Step step(boolean add, TunnelPeer peer) {
    return new SetChange.Step(
        add, TunnelTable.set(peer.address().family()), List.of(new AddressElement(peer.address())));
  }
}
