// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.netlink.Notification;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The kernel's enforcement of network policies. It may be called from several threads: an {@link
 * #admit} never waits for an {@link #apply}, of which one runs at a time.
 */
public interface PolicyDataplane {
  /** What happens to a packet that no policy of a selected pod accepts. */
  enum Mode {
    /** It is counted and dropped. */
    ENFORCE,
    /** It is counted and passes. */
    AUDIT
  }

  /**
   * Brings the kernel to the program: {@link PolicyProgram#NONE} removes the table where it is
   * there. At every moment each packet is decided on by what was there before or by the program. It
   * does nothing where the program is what was applied last and nobody else changed the table.
   *
   * @param program gives the program as it is at that moment, and is called again where an address
   *     was admitted meanwhile: what it gives has all that an {@link #admit} before it had
   * @throws DataplaneException if the kernel could not be read, or refuses the table itself; what
   *     was there before is there still
   */
  PolicyApplied apply(Supplier<PolicyProgram> program, Mode mode) throws DataplaneException;

  /**
   * Puts addresses of a pod that is about to be attached into their groups, before its link is up:
   * one netlink transaction, and no run of {@code nft} where the table is there. A group that the
   * kernel has not yet is {@link PolicyProgram#CLOSED} until the next {@link #apply}. An address
   * that the program has in no group is taken out of where it was.
   *
   * @param mode for a table that is not there yet; one that is there keeps its own
   * @throws DataplaneException if the kernel refuses it: nothing was changed then, and the link may
   *     not come up
   */
  void admit(PolicyProgram program, Mode mode, Collection<IpAddress> addresses)
      throws DataplaneException;

  /**
   * Takes note of a change of nftables: the next {@link #apply} reads the table back. Whoever owns
   * the netlink monitor calls it.
   *
   * @return whether it is one of this table, and not made by this process
   */
  boolean noteChange(Notification change);

  /** The table may have changed without a notification. */
  void mayHaveChanged();

  /** Has this run after a change that somebody else made: an {@link #apply} is due. */
  void onChange(Runnable listener);

  /**
   * Whether the kernel has the table, also one that an earlier process left.
   *
   * @throws DataplaneException if the kernel could not be read
   */
  boolean isThere() throws DataplaneException;

  /**
   * What each clause accepted and each group dropped since it was written, of the program that was
   * applied last; nothing without a table.
   *
   * @throws DataplaneException if the kernel could not be read
   */
  List<RuleCount> counters() throws DataplaneException;

  /**
   * How many packets no policy accepted since the table was made: they were dropped, or would have
   * been by {@link Mode#AUDIT}. They do not shrink while the table is there; 0 without one.
   *
   * @throws DataplaneException if the kernel could not be read
   */
  Map<Direction, Long> dropped() throws DataplaneException;
}
