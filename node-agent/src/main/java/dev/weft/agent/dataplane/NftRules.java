// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.IpAddress;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Our tables' rules: what we wrote last, and whether it is still so. They are read back only after
 * the kernel told that something of nftables changed, and compared with what was read back after
 * they were written. The elements for pods are not part of it.
 */
final class NftRules {
  private final NftProgram nft;
  private Optional<Rules> written = Optional.empty();
  private String asWritten = "";
  private Optional<Rules> lastRead = Optional.empty();
  private volatile boolean mayHaveChanged = true;

  NftRules(NftProgram nft) {
    this.nft = nft;
  }

  /** Something of nftables changed, perhaps of ours. */
  void mayHaveChanged() {
    mayHaveChanged = true;
  }

  /**
   * What the tables hold: {@link Rules#ALTERED} where it is not what this process wrote last, which
   * is so too until it has written once.
   */
  synchronized Optional<Rules> read() throws DataplaneException {
    if (mayHaveChanged) {
      mayHaveChanged = false;
      try {
        lastRead = compare(listing());
      } catch (DataplaneException e) {
        mayHaveChanged = true;
        throw e;
      }
    }
    return lastRead;
  }

  /**
   * Writes the rules, and adds these elements to the anti-spoofing filter's sets and the node's
   * addresses to the host ports', in one transaction.
   */
  synchronized void replace(
      Rules rules, Collection<AntiSpoofEntry> pods, Set<IpAddress> nodeAddresses)
      throws DataplaneException {
    mayHaveChanged = true;
    nft.apply(NftTables.render(rules, pods, nodeAddresses));
    asWritten = listing();
    written = Optional.of(rules);
  }

  /** Removes the tables. */
  synchronized void remove() throws DataplaneException {
    mayHaveChanged = true;
    nft.apply(NftTables.REMOVAL);
    written = Optional.empty();
    asWritten = "";
  }

  private Optional<Rules> compare(String listing) {
    if (listing.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(listing.equals(asWritten) ? written.orElseThrow() : Rules.ALTERED);
  }

  private String listing() throws DataplaneException {
    return nft.list("bridge", NftTables.TABLE)
        + nft.list("arp", NftTables.TABLE)
        + nft.listWithElements("inet", NftTables.TABLE)
        + nft.list("inet", HostPortTable.NAME);
  }
}
