// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.DeleteTable;
import dev.weft.netlink.nft.SetChange;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the table's maps lead to, as the kernel has it, and the addresses that were admitted since
 * the last program was taken. Each change is one transaction; nobody waits here for more than one.
 */
final class PolicyState {
  private final NetlinkSocket hot;
  private final PolicyReader reader;

  private boolean known;
  private Optional<PolicyElements> elements = Optional.empty();
  private Set<String> chains = Set.of();
  private final Set<IpAddress> admitted = new HashSet<>();
  private long admissions;

  /**
   * Nothing is known yet.
   *
   * @param hot a NETLINK_NETFILTER socket that nobody uses for long
   */
  PolicyState(NetlinkSocket hot) {
    this.hot = hot;
    reader = new PolicyReader(hot);
  }

  NetlinkSocket socket() {
    return hot;
  }

  /** A program is taken: it has what was admitted so far. The number of admissions so far. */
  synchronized long takeProgram() {
    admitted.clear();
    return admissions;
  }

  /** Whether an address was admitted since the program was taken. */
  synchronized boolean admittedMeanwhile() {
    return !admitted.isEmpty();
  }

  synchronized boolean isThere() {
    return elements.isPresent();
  }

  /** The sets that are there. */
  synchronized Set<String> sets() {
    return elements.map(found -> Set.copyOf(found.sets())).orElse(Set.of());
  }

  /** There is no table; whether there was one. */
  synchronized boolean absent() {
    boolean was = elements.isPresent();
    known = true;
    elements = Optional.empty();
    chains = Set.of();
    return was;
  }

  /**
   * Reads where addresses lead.
   *
   * @param found has the members that were read
   * @param names of all chains
   * @param unread sets whose members were not read, now or before
   * @return whether it was known, and is as it was known
   */
  synchronized boolean read(PolicyElements found, Set<String> names, Set<String> unread)
      throws NetlinkException {
    for (Direction direction : Direction.values()) {
      found.put(direction, reader.groups(direction));
    }
    found.put(reader.pairs());
    boolean same = elements.filter(before -> found.isSameAs(before, unread)).isPresent();
    known = true;
    elements = Optional.of(found);
    chains = Set.copyOf(names);
    return same;
  }

  synchronized boolean isKnown() {
    return known;
  }

  /** Chains and sets were written. */
  synchronized void wrote(Set<String> names, Set<String> sets) {
    PolicyElements now = elements.orElseGet(PolicyElements::new);
    sets.stream().filter(set -> !now.sets().contains(set)).forEach(set -> now.put(set, Set.of()));
    now.sets().retainAll(sets);
    elements = Optional.of(now);
    chains = Set.copyOf(names);
  }

  /** A change of elements, all or nothing. */
  interface Change {
    /** The steps from what is there; may be none. */
    List<SetChange.Step> steps(PolicyElements found);

    /** They were carried out. */
    void done(PolicyElements found);
  }

  /** Carries out a change of a table that is there; whether there was anything to do. */
  synchronized boolean execute(Change change) throws NetlinkException {
    PolicyElements found = elements.orElseThrow();
    List<SetChange.Step> steps = change.steps(found);
    if (!steps.isEmpty()) {
      hot.execute(new SetChange(steps));
    }
    change.done(found);
    return !steps.isEmpty();
  }

  /** Where an address leads, as it was admitted after the program was taken. */
  synchronized boolean isAdmitted(IpAddress address) {
    return admitted.contains(address);
  }

  /**
   * Makes addresses lead to their groups.
   *
   * @return false where nothing was done, for the table is not there or not known
   */
  synchronized boolean admit(PolicyProgram program, Collection<IpAddress> addresses)
      throws NetlinkException {
    if (admitted.addAll(addresses)) {
      admissions++;
    }
    if (!known) {
      return false;
    }
    if (elements.isEmpty()) {
      return addresses.stream().noneMatch(address -> isSelected(program, address));
    }
    PolicyElements.Wanted wanted = (direction, address) -> group(program, direction, address);
    PolicyElements found = elements.get();
    List<SetChange.Step> steps = found.groupsTo(wanted, addresses);
    if (!steps.isEmpty()) {
      hot.execute(new SetChange(steps));
      found.groupsChanged(wanted, addresses);
    }
    return true;
  }

  private static boolean isSelected(PolicyProgram program, IpAddress address) {
    return program.ingress().containsKey(address) || program.egress().containsKey(address);
  }

  private Optional<String> group(PolicyProgram program, Direction direction, IpAddress address) {
    return program
        .group(direction, address)
        .map(name -> chains.contains(name) ? name : PolicyObjects.closed(direction));
  }

  /** Something else in one transaction, with nothing admitted meanwhile. */
  interface Exclusive<T, E extends Exception> {
    T run(PolicyElements found) throws NetlinkException, E;
  }

  synchronized <T, E extends Exception> T exclusively(Exclusive<T, E> work)
      throws NetlinkException, E {
    return work.run(elements.orElseGet(PolicyElements::new));
  }

  /** Deletes the table, unless an address was admitted since; whether it is gone. */
  synchronized boolean delete() throws NetlinkException {
    if (elements.isEmpty() || !admitted.isEmpty()) {
      return elements.isEmpty();
    }
    hot.execute(new DeleteTable(PolicyObjects.TABLE));
    absent();
    return true;
  }
}
