// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.rules;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.antispoof.AntiSpoofTable;
import dev.weft.agent.dataplane.hostport.HostPortTable;
import dev.weft.agent.dataplane.masquerade.MasqueradeTable;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.agent.dataplane.nft.NftTable.State;
import dev.weft.agent.dataplane.nft.NftTable.Write;
import dev.weft.agent.dataplane.redirect.IcmpRedirectTable;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Notification;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Our nftables tables, each of which is written only where it differs, and fails alone. */
public final class NftTables {
  private final NftProgram nft;
  private final AntiSpoofTable antiSpoof;
  private final IcmpRedirectTable icmpRedirect;
  private final MasqueradeTable masquerade;
  private final HostPortTable hostPorts;
  private final List<NftTable> all;
  private Optional<MasqueradeRules> written = Optional.empty();

  /**
   * Tables that were not written yet.
   *
   * @param nft writes and lists them
   * @param netfilter a NETLINK_NETFILTER socket
   */
  public NftTables(NftProgram nft, NetlinkSocket netfilter) {
    this.nft = nft;
    antiSpoof = new AntiSpoofTable(nft, netfilter);
    icmpRedirect = new IcmpRedirectTable(nft, netfilter);
    masquerade = new MasqueradeTable(nft, netfilter);
    hostPorts = new HostPortTable(nft, netfilter);
    all = List.of(antiSpoof, icmpRedirect, masquerade, hostPorts);
  }

  /**
   * Takes note of a change of nftables.
   *
   * @return whether it is one of our tables
   */
  boolean noteChange(Notification change) {
    boolean ours = false;
    for (NftTable table : all) {
      ours |= table.noteChange(change);
    }
    return ours;
  }

  /** Any of them may have changed without a notification. */
  void mayHaveChanged() {
    all.forEach(NftTable::mayHaveChanged);
  }

  /**
   * What the tables hold: nothing where there are none, {@link MasqueradeRules#ALTERED} where one
   * of them is not what this process wrote last, which is so too until it has written once.
   */
  synchronized Optional<MasqueradeRules> read() throws DataplaneException {
    boolean absent = true;
    boolean asWritten = written.isPresent();
    for (NftTable table : all) {
      State state = table.read();
      absent &= state == State.ABSENT;
      asWritten &= state == State.AS_WRITTEN;
    }
    if (absent) {
      return Optional.empty();
    }
    return asWritten ? written : Optional.of(MasqueradeRules.ALTERED);
  }

  /**
   * Writes the tables that differ, in one transaction in the good case.
   *
   * @param pods elements to be added to the anti-spoofing filter's sets with its rules
   * @param nodeAddresses to be added to the host ports' sets with their rules
   * @throws DataplaneException if a table is refused; the others are written all the same
   */
  synchronized void replace(
      Masquerade content, Collection<AntiSpoofEntry> pods, Set<IpAddress> nodeAddresses)
      throws DataplaneException {
    written = Optional.empty();
    List<Write> writes = new ArrayList<>();
    for (Write write :
        List.of(
            antiSpoof.rendered(pods),
            icmpRedirect.rendered(),
            masquerade.rendered(content),
            hostPorts.rendered(nodeAddresses))) {
      if (write.table().differsFrom(write)) {
        writes.add(write);
      }
    }
    write(writes);
    for (NftTable table : all) {
      table.removeUnknown();
    }
    written = Optional.of(MasqueradeRules.of(content));
  }

  /** What is masqueraded as far as this process wrote it; empty where it did not. */
  synchronized Optional<Masquerade> masquerade() {
    return written.flatMap(MasqueradeRules::masquerade);
  }

  /** Removes the tables. */
  synchronized void remove() throws DataplaneException {
    written = Optional.empty();
    all.forEach(NftTable::removed);
    nft.apply(all.stream().map(NftTable::removal).collect(Collectors.joining()));
  }

  private void write(List<Write> writes) throws DataplaneException {
    if (writes.size() > 1 && writtenTogether(writes)) {
      return;
    }
    List<DataplaneException> failures = new ArrayList<>();
    for (Write write : writes) {
      try {
        write.table().write(write);
      } catch (DataplaneException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      DataplaneException first = failures.get(0);
      String messages =
          failures.stream().map(Throwable::getMessage).collect(Collectors.joining("; "));
      throw new DataplaneException(first.reason(), messages, first);
    }
  }

  /** One run of nft in place of four; where it is refused, nothing of it was written. */
  private boolean writtenTogether(List<Write> writes) throws DataplaneException {
    String script = writes.stream().map(Write::script).collect(Collectors.joining());
    try {
      nft.apply(script);
    } catch (DataplaneException e) {
      return false;
    }
    for (Write write : writes) {
      write.table().written(write);
    }
    return true;
  }
}
