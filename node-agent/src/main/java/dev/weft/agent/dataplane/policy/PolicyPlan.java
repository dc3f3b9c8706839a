// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.policy.PolicyChains.Written;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.DeleteChains;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetElement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** How the kernel is brought to one program: {@link #write}, {@link #lead}, {@link #sweep}. */
final class PolicyPlan {
  /** Of elements in one transaction: 28 bytes and more each, and a send holds a MiB. */
  private static final int MOST_ELEMENTS = 16_384;

  private final PolicyProgram program;
  private final PolicyState state;
  private final PolicyChains chains;
  private final PolicyReader reader;
  private final List<PolicyChain> base;
  private final Map<String, PolicyChain> groups;
  private final Set<String> fresh = new HashSet<>();
  private Map<String, String> refused = Map.of();

  PolicyPlan(
      PolicyProgram program,
      Map<String, PolicyChain> groups,
      List<PolicyChain> base,
      PolicyState state,
      PolicyChains chains,
      PolicyReader reader) {
    this.program = program;
    this.state = state;
    this.chains = chains;
    this.reader = reader;
    this.groups = groups;
    this.base = base;
  }

  /** Why the kernel refused groups, by name. */
  Map<String, String> refused() {
    return refused;
  }

  /**
   * Writes chains and sets that are not there as wanted, in one transaction in the good case;
   * whether there are any.
   *
   * @param asleep whether the table is not there, or sees no packets
   * @param strange whether it is there but cannot be read as ours
   */
  boolean write(boolean asleep, boolean strange) throws DataplaneException, NetlinkException {
    if (strange) {
      replace();
      return true;
    }
    List<PolicyChain> ownChains = chains.differing(base);
    List<PolicyChain> groupChains = chains.differing(groups.values());
    Set<String> there = state.sets();
    List<MemberSet> sets =
        PolicyChains.named(groups.values(), program.sets()).stream()
            .filter(set -> !there.contains(set.name()))
            .toList();
    boolean declares = asleep || !ownChains.isEmpty();
    if (!declares && groupChains.isEmpty() && sets.isEmpty()) {
      return false;
    }
    String objects = declares ? PolicyRules.objects() : "";
    List<PolicyChain> all = new ArrayList<>(ownChains);
    all.addAll(groupChains);
    try {
      chains.write("", objects, all, sets, "");
    } catch (DataplaneException e) {
      writeApart(objects, ownChains, groupChains, e);
    }
    Set<String> now = reader.sets();
    now.removeAll(PolicyObjects.sets());
    state.wrote(chains.names(), now);
    fresh.addAll(now);
    fresh.removeAll(there);
    return true;
  }

  /** The table's own chains before the groups', so that one that is refused closes its pods. */
  private void writeApart(
      String objects,
      List<PolicyChain> ownChains,
      List<PolicyChain> groupChains,
      DataplaneException why)
      throws DataplaneException, NetlinkException {
    if (!objects.isEmpty()) {
      try {
        chains.write("", objects, ownChains, List.of(), "");
      } catch (DataplaneException e) {
        if (!state.isThere()) {
          throw e;
        }
        replace();
        return;
      }
    } else if (groupChains.isEmpty()) {
      throw why;
    }
    refused = chains.writeEach(groupChains, program.sets());
  }

  /**
   * Puts a whole table in the place of one that somebody changed so that ours cannot be written
   * into it: in one transaction, with all its elements.
   */
  private void replace() throws DataplaneException, NetlinkException {
    List<MemberSet> sets = PolicyChains.named(groups.values(), program.sets());
    List<PolicyChain> all = new ArrayList<>(base);
    all.addAll(groups.values());
    chains.forget();
    state.<Void, DataplaneException>exclusively(
        found -> {
          PolicyElements none = new PolicyElements();
          Set<IpAddress> addresses = addresses(found);
          PolicyElements.Wanted wanted =
              (direction, address) -> chain(found, direction, address, groups.keySet());
          List<SetChange.Step> steps = new ArrayList<>(none.groupsTo(wanted, addresses));
          sets.forEach(set -> steps.addAll(none.membersTo(set.name(), set.members())));
          chains.write(
              "delete table %s\n".formatted(PolicyObjects.TABLE),
              PolicyRules.objects(),
              all,
              sets,
              steps.stream().map(PolicyPlan::text).collect(Collectors.joining()));
          sets.forEach(set -> none.put(set.name(), set.members()));
          state.read(none, chains.names(), Set.of());
          return null;
        });
  }

  private static String text(SetChange.Step step) {
    return step.elements().stream()
        .map(SetElement::toString)
        .collect(
            Collectors.joining(",\n  ", "add element %s {\n  ".formatted(step.set()), "\n}\n"));
  }

  /**
   * Fills sets, and makes addresses lead to their groups; whether anything was to be done. What
   * sets that are in use have, and where addresses lead, changes in one transaction: a packet that
   * neither what was before nor the program accepts does not pass in between. Nor does it where the
   * sets change by more than one transaction holds: those that change most lose members before it
   * and gain members after it, and meanwhile accept less.
   */
  boolean lead() throws NetlinkException {
    List<Filling> inUse = new ArrayList<>();
    boolean changed = false;
    Set<String> there = state.sets();
    for (MemberSet set : PolicyChains.named(groups.values(), program.sets())) {
      if (there.contains(set.name())) {
        Filling filling = filling(set);
        if (fresh.contains(set.name())) {
          changed |= fill(filling, false) | fill(filling, true);
          filled(filling);
        } else {
          inUse.add(filling);
        }
      }
    }
    inUse.sort(Comparator.comparing(Filling::size));
    int size = 0;
    int fitting = 0;
    while (fitting < inUse.size() && size + inUse.get(fitting).size() <= MOST_ELEMENTS) {
      size += inUse.get(fitting++).size();
    }
    List<Filling> large = inUse.subList(fitting, inUse.size());
    for (Filling filling : large) {
      changed |= fill(filling, false);
    }
    changed |= state.execute(new Lead(inUse.subList(0, fitting)));
    for (Filling filling : large) {
      changed |= fill(filling, true);
      filled(filling);
    }
    return changed;
  }

  /** What makes the members of a set those of the program. */
  private record Filling(MemberSet set, List<SetChange.Step> steps) {
    int size() {
      return steps.stream().mapToInt(step -> step.elements().size()).sum();
    }
  }

  private Filling filling(MemberSet set) throws NetlinkException {
    return state.<Filling, NetlinkException>exclusively(
        found -> new Filling(set, found.membersTo(set.name(), set.members())));
  }

  private void filled(Filling filling) throws NetlinkException {
    state.<Void, NetlinkException>exclusively(
        found -> {
          found.put(filling.set.name(), filling.set.members());
          return null;
        });
  }

  /** Adds members, or removes members, in several transactions where they are many. */
  private boolean fill(Filling filling, boolean add) throws NetlinkException {
    boolean changed = false;
    for (SetChange.Step step : filling.steps) {
      for (int from = 0; step.add() == add && from < step.elements().size(); ) {
        int to = Math.min(step.elements().size(), from + MOST_ELEMENTS);
        List<? extends SetElement> part = step.elements().subList(from, to);
        reader.socket().execute(new SetChange(List.of(new SetChange.Step(add, step.set(), part))));
        changed = true;
        from = to;
      }
    }
    return changed;
  }

  /** The transaction by which the program comes into force. */
  private final class Lead implements PolicyState.Change {
    private final List<Filling> sets;

    Lead(List<Filling> sets) {
      this.sets = sets;
    }

    @Override
    public List<SetChange.Step> steps(PolicyElements found) {
      List<SetChange.Step> steps = new ArrayList<>();
      sets.forEach(filling -> steps.addAll(filling.steps));
      steps.addAll(found.strangePairs());
      steps.addAll(found.groupsTo(wanted(found), addresses(found)));
      return steps;
    }

    @Override
    public void done(PolicyElements found) {
      sets.forEach(filling -> found.put(filling.set.name(), filling.set.members()));
      found.strangePairsRemoved();
      found.groupsChanged(wanted(found), addresses(found));
    }

    private PolicyElements.Wanted wanted(PolicyElements found) {
      Set<String> there = chains.names();
      return (direction, address) -> chain(found, direction, address, there);
    }
  }

  private Set<IpAddress> addresses(PolicyElements found) {
    Set<IpAddress> addresses = found.addresses();
    addresses.addAll(program.ingress().keySet());
    addresses.addAll(program.egress().keySet());
    return addresses;
  }

  /**
   * Where an address is to lead. A group that was refused leaves it where it leads, and closes it
   * where it leads nowhere.
   */
  private Optional<String> chain(
      PolicyElements found, Direction direction, IpAddress address, Set<String> there) {
    if (state.isAdmitted(address)) {
      return found.chain(direction, address);
    }
    return program
        .group(direction, address)
        .map(
            name -> {
              if (groups.containsKey(name) && !refused.containsKey(name)) {
                return name;
              }
              String closed = PolicyObjects.closed(direction);
              return refused.containsKey(name)
                  ? found.chain(direction, address).filter(there::contains).orElse(closed)
                  : closed;
            });
  }

  /** Deletes what nothing leads to; whether nothing of it is left. */
  boolean sweep() throws NetlinkException {
    return state.<Boolean, NetlinkException>exclusively(this::sweep);
  }

  private boolean sweep(PolicyElements found) throws NetlinkException {
    Set<String> used = found.chains();
    used.addAll(groups.keySet());
    base.forEach(chain -> used.add(chain.name()));
    List<String> unusedChains =
        chains.names().stream().filter(name -> !used.contains(name)).sorted().toList();
    Set<String> usedSets = new HashSet<>();
    boolean allKnown = true;
    for (String name : used) {
      Written written = chains.written().get(name);
      allKnown &= written != null || refused.containsKey(name);
      if (written != null) {
        usedSets.addAll(written.chain().sets());
      }
    }
    boolean keeps = !allKnown;
    List<String> unusedSets =
        found.sets().stream().filter(name -> !keeps && !usedSets.contains(name)).sorted().toList();
    if (unusedChains.isEmpty() && unusedSets.isEmpty()) {
      return true;
    }
    boolean swept = true;
    if (!isDeleted(found, unusedChains, unusedSets)) {
      for (String chain : unusedChains) {
        swept &= isDeleted(found, List.of(chain), List.of());
      }
      for (String set : unusedSets) {
        swept &= isDeleted(found, List.of(), List.of(set));
      }
    }
    return swept;
  }

  private boolean isDeleted(PolicyElements found, List<String> unusedChains, List<String> sets)
      throws NetlinkException {
    try {
      state.socket().execute(new DeleteChains(PolicyObjects.TABLE, unusedChains, sets));
    } catch (NetlinkException e) {
      if (e.errno() == Errno.EBUSY || e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
    chains.removed(unusedChains);
    found.remove(sets);
    state.wrote(chains.names(), Set.copyOf(found.sets()));
    return true;
  }
}
