// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.rules;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.antispoof.AntiSpoofEntries;
import dev.weft.agent.dataplane.driver.Driver;
import dev.weft.agent.dataplane.driver.Failures;
import dev.weft.agent.dataplane.driver.LoopSockets;
import dev.weft.agent.dataplane.driver.Snapshot;
import dev.weft.agent.dataplane.hostport.HostPorts;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.Notification;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of the anti-spoofing filter, of masquerade and of host ports, and the elements of the
 * filter's sets. The tables are written together, for what a version before left in one of them is
 * removed when all are in force (docs/decisions/0020); each is written only where it differs. What
 * a plan adds to the sets is written with the rules, where these are.
 */
public final class RulesDriver implements Driver {
  /** Of elements in one transaction. */
  private static final int MOST = 512;

  private final NftTables tables;

  /** The driver of these tables. */
  public RulesDriver(NftTables tables) {
    this.tables = tables;
  }

  @Override
  public Set<Kind<?>> kinds() {
    return Set.of(
        AntiSpoofRules.KIND, AntiSpoofEntry.KIND, MasqueradeRules.KIND, HostPortRules.KIND);
  }

  @Override
  public void mayHaveChanged() {
    tables.mayHaveChanged();
  }

  @Override
  public boolean noteChange(Notification change) {
    return tables.noteChange(change);
  }

  @Override
  public boolean isInSync() throws DataplaneException {
    return tables.read().filter(RulesDriver::isAsWritten).isPresent();
  }

  @Override
  public void read(Snapshot kernel, NodeState.Builder state)
      throws NetlinkException, DataplaneException {
    HostPorts.Read hostPorts = HostPorts.of(kernel);
    Set<IpAddress> nodeAddresses = new HostPorts(kernel.nft()).readNodeAddresses();
    Optional<MasqueradeRules> found = tables.read();
    if (found.isPresent()) {
      boolean inSync = isAsWritten(found.get());
      state.add(AntiSpoofRules.KIND, new AntiSpoofRules(inSync));
      state.add(MasqueradeRules.KIND, found.get());
      state.add(HostPortRules.KIND, new HostPortRules(inSync && hostPorts.paired(), nodeAddresses));
    }
    state.addAll(AntiSpoofEntry.KIND, new AntiSpoofEntries(kernel.nft()).read());
  }

  private static boolean isAsWritten(MasqueradeRules rules) {
    return !rules.equals(MasqueradeRules.ALTERED);
  }

  @Override
  public void apply(LoopSockets sockets, List<Change<?>> changes, Failures failures) {
    List<Change<AntiSpoofEntry>> entries = new ArrayList<>();
    List<Change<?>> rules = new ArrayList<>();
    for (Change<?> change : changes) {
      if (change.kind() == AntiSpoofEntry.KIND) {
        entries.add(AntiSpoofEntry.KIND.cast(change));
      } else {
        rules.add(change);
      }
    }
    if (!rules.isEmpty()) {
      applyRules(new HostPorts(sockets.nft()), rules, entries, failures);
    }
    new Elements(new AntiSpoofEntries(sockets.nft()), failures).apply(entries);
  }

  /**
   * A table that is refused keeps neither the pairs nor the node's addresses from being written.
   */
  private void applyRules(
      HostPorts hostPorts,
      List<Change<?>> rules,
      List<Change<AntiSpoofEntry>> entries,
      Failures failures) {
    if (rules.get(0).isRemoval()) {
      failures.attemptAll(rules, tables::remove);
      return;
    }
    Optional<Masquerade> masquerade = Optional.empty();
    Optional<Change<HostPortRules>> addresses = Optional.empty();
    for (Change<?> change : rules) {
      if (change.kind() == MasqueradeRules.KIND) {
        masquerade = MasqueradeRules.KIND.cast(change).after().flatMap(MasqueradeRules::masquerade);
      } else if (change.kind() == HostPortRules.KIND) {
        addresses = Optional.of(HostPortRules.KIND.cast(change));
      }
    }
    boolean onlyAddresses =
        rules.size() == 1
            && addresses.flatMap(Change::before).filter(HostPortRules::inSync).isPresent();
    Set<IpAddress> wanted =
        addresses.flatMap(Change::after).map(HostPortRules::nodeAddresses).orElse(Set.of());
    if (!onlyAddresses) {
      Masquerade content = masquerade.or(tables::masquerade).orElse(Masquerade.NONE);
      List<AntiSpoofEntry> added =
          entries.stream().flatMap(entry -> entry.after().stream()).toList();
      failures.attemptAll(rules, () -> tables.replace(content, added, wanted));
      failures.attemptAll(rules, hostPorts::pair);
    }
    if (addresses.isPresent()) {
      Set<IpAddress> before =
          addresses.get().before().map(HostPortRules::nodeAddresses).orElse(Set.of());
      failures.attempt(
          addresses.get(),
          () -> hostPorts.changeNodeAddresses(without(wanted, before), without(before, wanted)));
    }
  }

  private static Set<IpAddress> without(Set<IpAddress> some, Set<IpAddress> others) {
    Set<IpAddress> rest = new HashSet<>(some);
    rest.removeAll(others);
    return rest;
  }

  /** Elements to be added and deleted, up to {@value #MOST} in one transaction. */
  private record Elements(AntiSpoofEntries sets, Failures failures) {
    void apply(List<Change<AntiSpoofEntry>> changes) {
      int from = 0;
      while (from < changes.size()) {
        boolean removal = changes.get(from).isRemoval();
        int to = from + 1;
        while (to < changes.size() && to - from < MOST && changes.get(to).isRemoval() == removal) {
          to++;
        }
        applyTogether(removal, changes.subList(from, to));
        from = to;
      }
    }

    /** A transaction is all or nothing: where one element is refused, each gets its own. */
    private void applyTogether(boolean removal, List<Change<AntiSpoofEntry>> changes) {
      List<AntiSpoofEntry> entries =
          changes.stream()
              .map(change -> (removal ? change.before() : change.after()).orElseThrow())
              .toList();
      try {
        if (removal) {
          sets.remove(entries);
        } else {
          sets.add(entries);
        }
      } catch (NetlinkException e) {
        if (changes.size() > 1) {
          changes.forEach(change -> applyTogether(removal, List.of(change)));
        } else {
          failures.addAll(changes, e);
        }
      }
    }
  }
}
