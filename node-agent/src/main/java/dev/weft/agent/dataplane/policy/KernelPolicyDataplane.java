// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.PolicyChain.Counted;
import dev.weft.agent.dataplane.policy.PolicyChains.Written;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Notification;
import dev.weft.netlink.Query;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.ChainQuery;
import dev.weft.netlink.nft.ChainRuleQuery;
import dev.weft.netlink.nft.ChainRuleQuery.ChainRule;
import dev.weft.netlink.nft.CounterQuery;
import dev.weft.netlink.nft.TableInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Table {@code inet weft_policy}.
 *
 * <p>A program comes in three steps, so that a packet that is on its way meanwhile meets no chain
 * without rules and no set without members: new chains and sets are written, to which nothing leads
 * yet; one netlink transaction makes addresses lead to other chains and sets have other members;
 * then what nothing leads to any more is deleted. A change of members only is the second step
 * alone.
 */
public final class KernelPolicyDataplane implements PolicyDataplane {
  /** A table that somebody changes each time is not waited for any longer. */
  private static final int ATTEMPTS = 4;

  /** Of programs in one {@link #apply}: one more where an address was admitted meanwhile. */
  private static final int MOST_PROGRAMS = 20;

  private final NetlinkSocket hot;
  private final NetlinkSocket loop;
  private final NetlinkSocket scrape;
  private final PolicyReader reader;
  private final PolicyChains chains;
  private final PolicyState state;
  private final PolicyTexts texts = new PolicyTexts();
  private final ReentrantLock applying = new ReentrantLock();
  private volatile boolean mayHaveChanged = true;
  private volatile Runnable listener = () -> {};

  /** From here on under {@link #applying}: what was applied last, and whether all of it. */
  private PolicyProgram applied = PolicyProgram.NONE;

  private Mode appliedMode = Mode.ENFORCE;
  private boolean complete;

  /** How many addresses had been admitted when the program that was applied last was taken. */
  private long admissions;

  private Optional<TableInfo> table = Optional.empty();

  /** Whether the table has a set of another type than the program's. */
  private boolean strange;

  /** Sets whose members were not read, for the program had none of their name. */
  private final Set<String> unread = new HashSet<>();

  /**
   * Over these.
   *
   * @param nft writes rules
   * @param hot a NETLINK_NETFILTER socket that nobody uses for long
   * @param loop one for long dumps
   * @param scrape one for counters
   */
  public KernelPolicyDataplane(
      NftProgram nft, NetlinkSocket hot, NetlinkSocket loop, NetlinkSocket scrape) {
    this.hot = hot;
    this.loop = loop;
    this.scrape = scrape;
    reader = new PolicyReader(loop);
    chains = new PolicyChains(nft, reader);
    state = new PolicyState(hot);
  }

  @Override
  public boolean noteChange(Notification change) {
    int by = change.netlinkPid();
    boolean foreign =
        change.name().equals(PolicyObjects.TABLE.name())
            && change.family() == PolicyObjects.TABLE.family().number()
            && by != hot.netlinkPid()
            && by != loop.netlinkPid()
            && !chains.isOwn(by);
    if (foreign) {
      mayHaveChanged();
    }
    return foreign;
  }

  @Override
  public void mayHaveChanged() {
    mayHaveChanged = true;
    listener.run();
  }

  @Override
  public void onChange(Runnable newListener) {
    listener = newListener;
  }

  @Override
  public PolicyApplied apply(Supplier<PolicyProgram> program, Mode mode) throws DataplaneException {
    applying.lock();
    try {
      PolicyApplied all = applyNext(program, mode);
      for (int taken = 1; taken < MOST_PROGRAMS && state.admittedMeanwhile(); taken++) {
        all = all.then(applyNext(program, mode));
      }
      return all;
    } finally {
      applying.unlock();
    }
  }

  private PolicyApplied applyNext(Supplier<PolicyProgram> program, Mode mode)
      throws DataplaneException {
    long before = state.takeProgram();
    return retried(
        () -> {
          PolicyApplied done = applyOnce(program.get(), mode, before);
          admissions = before;
          return done;
        });
  }

  /** Work on the table that is to be done again where it is not as it was read last. */
  private interface Work<T> {
    T run() throws DataplaneException, NetlinkException;
  }

  private <T> T retried(Work<T> work) throws DataplaneException {
    for (int attempt = 1; ; attempt++) {
      boolean done = false;
      try {
        T result = work.run();
        done = true;
        return result;
      } catch (NetlinkException e) {
        if (attempt == ATTEMPTS || !isOfAnotherState(e)) {
          throw KernelErrors.of(e);
        }
      } finally {
        if (!done) {
          complete = false;
          mayHaveChanged = true;
        }
      }
    }
  }

  private static boolean isOfAnotherState(NetlinkException e) {
    return e.errno() == Errno.ENOENT || e.errno() == Errno.EEXIST || e.errno() == Errno.EBUSY;
  }

  private PolicyApplied applyOnce(PolicyProgram program, Mode mode, long before)
      throws DataplaneException, NetlinkException {
    if (!mayHaveChanged
        && complete
        && before == admissions
        && mode == appliedMode
        && program.equals(applied)) {
      return PolicyApplied.UNCHANGED;
    }
    complete = false;
    boolean repaired = read(program);
    PolicyApplied done =
        program.ingress().isEmpty() && program.egress().isEmpty()
            ? remove(repaired)
            : bring(program, mode, repaired);
    applied = program;
    appliedMode = mode;
    return done;
  }

  private PolicyApplied bring(PolicyProgram program, Mode mode, boolean repaired)
      throws DataplaneException, NetlinkException {
    PolicyPlan plan = plan(program, mode);
    boolean changed = write(plan);
    changed |= plan.lead();
    boolean swept = plan.sweep();
    unread.retainAll(state.sets());
    complete = swept && plan.refused().isEmpty();
    if (!swept) {
      mayHaveChanged = true;
    }
    return new PolicyApplied(changed || repaired, repaired, plan.refused());
  }

  private PolicyPlan plan(PolicyProgram program, Mode mode) {
    return new PolicyPlan(
        program,
        texts.of(program.groups().values(), mode),
        texts.base(mode),
        state,
        chains,
        reader);
  }

  private boolean write(PolicyPlan plan) throws DataplaneException, NetlinkException {
    boolean asleep = table.isEmpty() || table.get().dormant();
    boolean written = plan.write(asleep, strange);
    if (written) {
      strange = false;
      table = reader.table();
    }
    return written;
  }

  /** Removes the table, but where an address was admitted since: the next program has it. */
  private PolicyApplied remove(boolean repaired) throws NetlinkException {
    boolean was = state.isThere();
    if (was && state.delete()) {
      forget();
    }
    complete = !state.isThere();
    return new PolicyApplied(was && complete, repaired && complete && was, Map.of());
  }

  private void forget() {
    table = Optional.empty();
    strange = false;
    unread.clear();
    chains.forget();
  }

  /** Reads the table where it may have changed; whether it did, since this process wrote it. */
  private boolean read(PolicyProgram program) throws NetlinkException {
    if (!mayHaveChanged && unread.stream().noneMatch(program.sets()::containsKey)) {
      return false;
    }
    mayHaveChanged = false;
    boolean first = !state.isKnown();
    Optional<TableInfo> before = table;
    table = reader.table();
    if (table.isEmpty()) {
      forget();
      return state.absent();
    }
    boolean same = table.equals(before) & chains.read();
    PolicyElements found = new PolicyElements();
    Set<String> unknown = new HashSet<>(unread);
    same &= readMembers(program, found);
    unknown.addAll(unread);
    same &= state.read(found, chains.names(), unknown);
    return !first && !same;
  }

  /** Whether all could be read. */
  private boolean readMembers(PolicyProgram program, PolicyElements found) throws NetlinkException {
    strange = false;
    unread.clear();
    Set<String> sets = reader.sets();
    sets.removeAll(PolicyObjects.sets());
    for (String name : sets) {
      MemberSet wanted = program.sets().get(name);
      found.put(name, Set.of());
      if (wanted == null) {
        unread.add(name);
        continue;
      }
      try {
        found.put(name, reader.members(name, wanted.withPorts()));
      } catch (NetlinkException e) {
        if (e.errno() != Errno.EBADMSG) {
          throw e;
        }
        strange = true;
      }
    }
    return !strange;
  }

  @Override
  public void admit(PolicyProgram program, Mode mode, Collection<IpAddress> addresses)
      throws DataplaneException {
    try {
      if (state.admit(program, addresses)) {
        return;
      }
    } catch (NetlinkException e) {
      if (!isOfAnotherState(e)) {
        throw KernelErrors.of(e);
      }
      mayHaveChanged = true;
    }
    applying.lock();
    try {
      retried(
          () -> {
            admitAsRead(program, mode, addresses);
            return null;
          });
    } finally {
      applying.unlock();
    }
  }

  private void admitAsRead(PolicyProgram program, Mode mode, Collection<IpAddress> addresses)
      throws DataplaneException, NetlinkException {
    read(program);
    if (!state.admit(program, addresses)) {
      complete = false;
      write(plan(PolicyProgram.NONE, mode));
      state.admit(program, addresses);
    }
  }

  @Override
  public boolean isThere() throws DataplaneException {
    return !dump(new ChainQuery(PolicyObjects.TABLE)).isEmpty();
  }

  @Override
  public List<RuleCount> counters() throws DataplaneException {
    Map<String, List<ChainRule>> rules = new HashMap<>();
    for (ChainRule rule : dump(new ChainRuleQuery(PolicyObjects.TABLE))) {
      rules.computeIfAbsent(rule.chain(), chain -> new ArrayList<>()).add(rule);
    }
    List<RuleCount> counts = new ArrayList<>();
    for (Written written : chains.written().values()) {
      PolicyChain chain = written.chain();
      List<ChainRule> counted = rules.getOrDefault(chain.name(), List.of());
      if (chain.counted().isPresent() && counted.size() == chain.rules().size()) {
        count(chain, chain.counted().get(), counted, counts);
      }
    }
    return counts;
  }

  /** A clause may have a rule for each of its protocols. */
  private static void count(
      PolicyChain chain, Counted of, List<ChainRule> rules, List<RuleCount> counts) {
    int from = 0;
    while (from < rules.size()) {
      OptionalInt clause = chain.rules().get(from).clause();
      long packets = 0;
      long bytes = 0;
      int to = from;
      while (to < rules.size() && chain.rules().get(to).clause().equals(clause)) {
        packets += rules.get(to).packets();
        bytes += rules.get(to).bytes();
        to++;
      }
      counts.add(new RuleCount(of.direction(), of.group(), clause, packets, bytes));
      from = to;
    }
  }

  @Override
  public Map<Direction, Long> dropped() throws DataplaneException {
    Map<Direction, Long> dropped = new EnumMap<>(Direction.class);
    for (Direction direction : Direction.values()) {
      dropped.put(direction, 0L);
    }
    for (CounterQuery.Counter counter : dump(new CounterQuery(PolicyObjects.TABLE.name()))) {
      for (Direction direction : Direction.values()) {
        if (counter.name().equals(PolicyObjects.dropped(direction))) {
          dropped.put(direction, counter.packets());
        }
      }
    }
    return dropped;
  }

  private <T> List<T> dump(Query<T> query) throws DataplaneException {
    try {
      return scrape.dump(query);
    } catch (NetlinkException e) {
      if (e.errno() == Errno.ENOENT) {
        return List.of();
      }
      throw KernelErrors.of(e);
    }
  }
}
