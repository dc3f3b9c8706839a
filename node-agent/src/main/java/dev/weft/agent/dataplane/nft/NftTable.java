// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.nft;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Notification;
import dev.weft.netlink.nft.TableQuery;
import dev.weft.netlink.nft.TableRef;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table of ours (or tables of several families that protect only together): what this process
 * wrote to it, and whether it is still so. It is listed only after the kernel notified that this
 * very table changed, and compared with the listing right after it was written. Elements that come
 * and go with pods are no part of either.
 */
public abstract class NftTable {
  private static final String PREFIX = "weft";

  private final NftProgram nft;
  private final NetlinkSocket netfilter;
  private final List<TableRef> tables;
  private final boolean listsElements;

  private String writtenRules = "";
  private String listingAsWritten = "";
  private State state = State.ALTERED;
  private volatile boolean mayHaveChanged = true;

  /** What a table is found to be. */
  public enum State {
    /** There is none. */
    ABSENT,
    /** There is one, but not as this process wrote it last, if it ever did. */
    ALTERED,
    /** It is as this process wrote it last. */
    AS_WRITTEN
  }

  /**
   * What is to be written.
   *
   * @param table where
   * @param rules text for {@code nft -f}: the same text makes the same table
   * @param elements text that adds elements to its sets in the same transaction, or nothing
   */
  public record Write(NftTable table, String rules, String elements) {
    /** Both in one transaction. */
    public String script() {
      return rules + elements;
    }
  }

  /** Whether a table of this name is this agent's: no other program makes one. */
  public static boolean isOurs(String name) {
    return name.equals(PREFIX) || name.startsWith(PREFIX + "_");
  }

  /**
   * A table that was not written yet.
   *
   * @param nft writes it and lists it
   * @param netfilter a NETLINK_NETFILTER socket
   * @param tables its family and name; more than one where only all of them together do what they
   *     are for
   * @param listsElements whether a listing has the elements of its sets: only where they are few
   *     and the rules bring them along
   */
  protected NftTable(
      NftProgram nft, NetlinkSocket netfilter, List<TableRef> tables, boolean listsElements) {
    this.nft = nft;
    this.netfilter = netfilter;
    this.tables = tables;
    this.listsElements = listsElements;
  }

  /** Takes note of a change of nftables, if it is one of this table. */
  public final boolean noteChange(Notification change) {
    boolean ours =
        tables.stream()
            .anyMatch(
                table ->
                    table.name().equals(change.name())
                        && table.family().number() == change.family());
    if (ours) {
      mayHaveChanged = true;
    }
    return ours;
  }

  /** It may have changed without a notification. */
  public final void mayHaveChanged() {
    mayHaveChanged = true;
  }

  /** What it is now. */
  public final synchronized State read() throws DataplaneException {
    if (mayHaveChanged) {
      mayHaveChanged = false;
      try {
        state = find();
      } catch (DataplaneException e) {
        mayHaveChanged = true;
        throw e;
      }
    }
    return state;
  }

  /** Whether this write would change something, as far as is known. */
  public final synchronized boolean differsFrom(Write write) {
    try {
      return read() != State.AS_WRITTEN || !write.rules().equals(writtenRules);
    } catch (DataplaneException e) {
      return true;
    }
  }

  /** Writes it, in a transaction of its own. */
  public final synchronized void write(Write write) throws DataplaneException {
    mayHaveChanged = true;
    try {
      nft.apply(write.script());
    } catch (DataplaneException e) {
      throw failure("write", e);
    }
    written(write);
  }

  /** It was written: what is there from now on is to stay so. */
  public final synchronized void written(Write write) throws DataplaneException {
    mayHaveChanged = true;
    listingAsWritten = "";
    listingAsWritten = list();
    writtenRules = write.rules();
  }

  /**
   * Removes chains, sets and counters that the rules written last do not have: of another version
   * of Weft, or of somebody else. To be called when whatever replaces them is in force, in any
   * table: until then they do what they did (docs/decisions/0020).
   */
  public final synchronized void removeUnknown() throws DataplaneException {
    String removal = NftObjects.removal(listingAsWritten, writtenRules);
    if (removal.isEmpty()) {
      return;
    }
    mayHaveChanged = true;
    String rules = writtenRules;
    writtenRules = "";
    try {
      nft.apply(removal);
    } catch (DataplaneException e) {
      throw failure("remove what is unknown from", e);
    }
    written(new Write(this, rules, ""));
  }

  /** Text that deletes it, also where it is not there. */
  public final String removal() {
    return tables.stream()
        .map(table -> "add table %1$s\ndelete table %1$s\n".formatted(table))
        .collect(Collectors.joining());
  }

  /** It was deleted. */
  public final synchronized void removed() {
    mayHaveChanged = true;
    writtenRules = "";
    listingAsWritten = "";
  }

  private State find() throws DataplaneException {
    if (!isThere()) {
      return State.ABSENT;
    }
    boolean same = !listingAsWritten.isEmpty() && list().equals(listingAsWritten);
    return same ? State.AS_WRITTEN : State.ALTERED;
  }

  private boolean isThere() throws DataplaneException {
    try {
      for (TableRef table : tables) {
        if (isThere(table)) {
          return true;
        }
      }
      return false;
    } catch (NetlinkException e) {
      throw KernelErrors.of(e);
    }
  }

  private boolean isThere(TableRef table) throws NetlinkException {
    return netfilter.find(new TableQuery(table.family(), table.name())).isPresent();
  }

  private String list() throws DataplaneException {
    StringBuilder listing = new StringBuilder();
    for (TableRef table : tables) {
      listing.append(listsElements ? nft.listWithElements(table) : nft.list(table));
    }
    return listing.toString();
  }

  private DataplaneException failure(String action, DataplaneException cause) {
    String names = tables.stream().map(TableRef::toString).collect(Collectors.joining(", "));
    return new DataplaneException(
        cause.reason(),
        "%s nftables table %s: %s".formatted(action, names, cause.getMessage()),
        cause);
  }
}
