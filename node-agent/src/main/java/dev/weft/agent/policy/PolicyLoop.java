// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.agent.cluster.PolicyFeed;
import dev.weft.agent.cluster.PolicyInformers;
import dev.weft.agent.cluster.PolicyInformers.Listed;
import dev.weft.agent.cni.AddressGate;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.Cooldown;
import dev.weft.agent.dataplane.CachedRead;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.policy.PolicyApplied;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.agent.dataplane.policy.RuleCount;
import dev.weft.agent.policy.RememberedPolicies.Known;
import dev.weft.agent.reconcile.ReconcileSchedule;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyMode;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyTrouble;
import dev.weft.core.policy.PolicyWatches;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the kernel to what network policies want, on a thread of its own, and puts a pod's
 * addresses under them before its link is up. Thread-safe.
 *
 * <p>After a start the kernel keeps what it has until every list that is wanted is in. Those of
 * other pods are waited for at most {@link #PATIENCE}, those of policies, namespaces and this
 * node's pods without an end. New pods are closed meanwhile where there may be policies. Where
 * nothing is known of any, as after a boot, and they are enforced, CNI is not ready until they are
 * listed, at most for {@link #SLOW}.
 */
public final class PolicyLoop implements AddressGate, Cooldown, AutoCloseable {
  /** In the run directory: whether there are policies. */
  public static final String SEEN = RememberedPolicies.FILE;

  /** The reason where the kernel refuses rules. */
  public static final String REFUSED = "PolicyRulesRefused";

  /** The reason where kube-proxy sends what nodes have for Services past the rules. */
  public static final String IPVS = "IpvsUnsupported";

  /** The directory of the link that kube-proxy has in this mode: its addresses are Services'. */
  public static final Path IPVS_LINK = Path.of("/sys/class/net/kube-ipvs0");

  private static final Blocker IPVS_IN_USE =
      new Blocker(
          IPVS,
          "network policies: kube-proxy uses IPVS (link kube-ipvs0 is there), which sends what this"
              + " node and outside clients have for Services past the rules; set kube-proxy's mode to"
              + " nftables or iptables");

  /** The reason where somebody else had changed the rules. */
  public static final String REPAIRED = "PolicyRulesRepaired";

  private static final Logger LOG = LoggerFactory.getLogger(PolicyLoop.class);

  /** Between the beginnings of two runs: what comes meanwhile is one change. */
  private static final Duration MIN_INTERVAL = Duration.ofMillis(15);

  /** The rules are read back so often at least. */
  private static final Duration MAX_INTERVAL = Duration.ofSeconds(60);

  /** Of the lists that are not in. */
  private static final int LISTS_SHOWN = 5;

  private static final Duration FIRST_RETRY = Duration.ofMillis(500);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);

  /** What cools down, or is closed, is checked in steps of this. */
  private static final Duration TICK = Duration.ofSeconds(1);

  /**
   * How long running pods keep what they have while a list of other pods is not in. Without that
   * list what it would allow is dropped.
   */
  static final Duration PATIENCE = Duration.ofMinutes(10);

  /** After so long a list that is not in is reported, and a node without any serves pods. */
  static final Duration SLOW = Duration.ofSeconds(60);

  /** The reason where lists are not in. */
  public static final String LISTS_MISSING = "PolicyListsMissing";

  private final PolicyMode mode;

  /** What the kernel does with what no policy accepts. */
  private final PolicyDataplane.Mode kernelMode;

  private final PolicyDataplane dataplane;
  private final Attachments attachments;
  private final String nodeName;
  private final PolicyEvents events;
  private final LongSupplier nanoTime;
  private final RememberedPolicies remembered;
  private final PolicyState state;
  private final PolicyMetrics metrics;
  private final CachedRead<List<RuleCount>> counts;
  private final Path ipvsLink;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(AgentThread.POLICY.factory());
  private final ReconcileSchedule schedule;

  /** Addresses that an ADD sent to the kernel since the last run took its program. */
  private final Set<IpAddress> admitted = ConcurrentHashMap.newKeySet();

  /** UIDs of pods that were closed when they were added. */
  private final Map<PodName, String> uids = new ConcurrentHashMap<>();

  private final AtomicReference<Optional<Long>> disturbedNanos =
      new AtomicReference<>(Optional.empty());
  private volatile PolicyWatching watching = PolicyWatching.NONE;
  private volatile PolicyProgram applied = PolicyProgram.NONE;
  private volatile boolean policiesListed;

  /** Whether the cluster has any policy, as far as is known. */
  private volatile boolean mayHavePolicies;

  private volatile boolean awaitsPolicies;
  private volatile Runnable onListed = () -> {};
  private final long startNanos;

  /** Whether this loop itself has the rules read back. */
  private volatile boolean readingBack;

  private volatile List<Blocker> blockers = List.of();
  private volatile boolean ipvs;
  private volatile ClusterView view = ClusterView.UNKNOWN;

  /** What the policies' nodes were taken from. */
  private volatile ClusterView nodesOf = ClusterView.UNKNOWN;

  /** Since when lists are waited for; at first since the start. */
  private volatile Optional<Long> waitingNanos;

  private final AtomicBoolean ticking = new AtomicBoolean();

  // Of the loop's thread alone.
  /** Whether the kernel has had what is known since the start. */
  private boolean synced;

  private final ClosedPods closed = new ClosedPods();
  private Optional<Long> listedNanos = Optional.empty();
  private long readBackNanos;
  private int failuresInARow;

  /**
   * A loop that has not started.
   *
   * @param attachments this node's, whose addresses cool down from now on where there are policies
   * @param runDir where it is remembered that there are policies
   * @param ipvsLink what is there where kube-proxy uses IPVS: {@link #IPVS_LINK}
   * @param nanoTime a monotonic clock
   */
  public PolicyLoop(
      PolicyMode mode,
      PolicyDataplane dataplane,
      Attachments attachments,
      Path runDir,
      String nodeName,
      PolicyEvents events,
      MeterRegistry registry,
      Path ipvsLink,
      LongSupplier nanoTime) {
    this.mode = mode;
    kernelMode =
        mode == PolicyMode.AUDIT ? PolicyDataplane.Mode.AUDIT : PolicyDataplane.Mode.ENFORCE;
    this.ipvsLink = ipvsLink;
    this.dataplane = dataplane;
    this.attachments = attachments;
    this.nodeName = nodeName;
    this.events = events;
    this.nanoTime = nanoTime;
    remembered = new RememberedPolicies(runDir.resolve(SEEN));
    state = new PolicyState(nodeName, attachments::all, nanoTime, this::wake);
    counts =
        new CachedRead<>("counts of policies' rules", List.of(), dataplane::counters, nanoTime);
    metrics = new PolicyMetrics(registry, dataplane, nanoTime, () -> watching.rows().size());
    schedule =
        ReconcileSchedule.create(
            MIN_INTERVAL, MIN_INTERVAL, LAST_RETRY, MAX_INTERVAL, executor, () -> runAndRetry());
    startNanos = nanoTime.getAsLong();
    waitingNanos = Optional.of(startNanos);
    readBackNanos = startNanos;
    attachments.setCooldown(this);
  }

  /**
   * Begins. Until policies are listed new pods are closed from now on, but where it is remembered
   * that there is none.
   */
  public void start() {
    dataplane.onChange(this::disturbed);
    boolean hasTable = mode != PolicyMode.OFF && hasTable();
    mayHavePolicies = mode != PolicyMode.OFF && (hasTable || remembered.known() != Known.NONE);
    awaitsPolicies = mode == PolicyMode.ENFORCE && !hasTable && remembered.known() == Known.NOTHING;
    wake();
  }

  /**
   * Calls from now on when the list of policies is in.
   *
   * @param listener must not block
   */
  public void onListed(Runnable listener) {
    onListed = listener;
  }

  /**
   * Why a pod had better not be added yet: it would be closed until policies are listed, though
   * there may be none. For a limited time; empty where it may.
   */
  public Optional<String> notReady() {
    return awaitsPolicies && !policiesListed && nanoTime.getAsLong() - startNanos < SLOW.toNanos()
        ? Optional.of("the network policies have not been listed yet")
        : Optional.empty();
  }

  private boolean hasTable() {
    try {
      return dataplane.isThere();
    } catch (DataplaneException e) {
      LOG.warn("whether policies are in force cannot be read: {}", e.getMessage());
      return true;
    }
  }

  /** Where the watches bring what they report; empty where policies are not read. */
  public Optional<PolicyFeed> feed() {
    return mode == PolicyMode.OFF ? Optional.empty() : Optional.of(state);
  }

  /** As {@link #connected}. */
  public void connectedTo(PolicyInformers informers) {
    connected(PolicyWatching.of(informers));
  }

  /** There is a client, and so there are watches. */
  public void connected(PolicyWatching watches) {
    watching = watches;
    wake();
  }

  /** Something may have changed. Does not block. */
  public void wake() {
    schedule.wake();
  }

  /** Somebody else may have changed the rules: they are read back. Does not block. */
  void disturbed() {
    if (readingBack) {
      return;
    }
    disturbedNanos.compareAndSet(Optional.empty(), Optional.of(nanoTime.getAsLong()));
    wake();
  }

  /** Takes what the reconcile loop knows of the nodes; attachments may be others too. */
  public void reconciled(ClusterView newView) {
    view = newView;
    wake();
  }

  /** What is wrong with the rules of this node. */
  public List<Blocker> blockers() {
    List<Blocker> all = new ArrayList<>(blockers);
    missingLists().ifPresent(all::add);
    if (ipvs) {
      all.add(IPVS_IN_USE);
    }
    return all;
  }

  private Optional<Blocker> missingLists() {
    long nanos = nanoTime.getAsLong();
    if (waitingNanos.filter(since -> nanos - since >= SLOW.toNanos()).isEmpty()) {
      return Optional.empty();
    }
    String lists =
        Stream.concat(
                isMissingNodes() ? Stream.of("ipallocations") : Stream.empty(),
                watching.rows().stream()
                    .filter(row -> row.listMillis() < 0)
                    .map(PolicyInformers.Row::what))
            .limit(LISTS_SHOWN)
            .collect(Collectors.joining(", "));
    return Optional.of(
        new Blocker(
            LISTS_MISSING,
            "network policies: not listed yet: %s; running pods keep the rules that they have, new ones may stay closed: does the API server answer, and may the agent's ServiceAccount list them?"
                .formatted(lists.isEmpty() ? "anything" : lists)));
  }

  /**
   * A pod's effective rules in the order in which the kernel tries them; empty where it is no pod
   * of this node.
   */
  public Optional<List<PolicyRow>> rows(PodName pod) {
    return state.explain(pod).map(is -> new PolicyReport(is, counts.get(), mode).rows());
  }

  /** This node's pods by their addresses. */
  private Map<IpAddress, String> names() {
    Map<IpAddress, String> names = new HashMap<>();
    for (Attachment attachment : attachments.all()) {
      for (IpAddress address : attachment.addresses()) {
        attachment.pod().ifPresent(pod -> names.put(address, pod.toString()));
      }
    }
    return names;
  }

  /** What policies have on this node. */
  public List<PolicyItem> items() {
    List<PolicyItem> items = new ArrayList<>();
    items.add(
        new PolicyItem(
            "mode",
            mode.toString(),
            String.valueOf(state.policyCount()),
            policiesListed ? "policies in the cluster" : "policies are not listed yet"));
    items.addAll(PolicyReport.drops(applied, counts.get(), names(), mode));
    items.addAll(PolicyReport.items(applied));
    watching
        .rows()
        .forEach(
            row ->
                items.add(
                    new PolicyItem(
                        "watch",
                        row.what(),
                        String.valueOf(row.objects()),
                        row.listMillis() < 0
                            ? row.state() + ", not listed yet"
                            : "%s, listed within %d ms".formatted(row.state(), row.listMillis()))));
    state
        .troubles()
        .forEach(
            trouble ->
                items.add(
                    new PolicyItem(
                        "trouble",
                        "%s %s/%s"
                            .formatted(
                                trouble.subject() == PolicyTrouble.Subject.POD ? "pod" : "policy",
                                trouble.namespace(),
                                trouble.name()),
                        "",
                        trouble.reason() + ": " + trouble.message())));
    return items;
  }

  @Override
  public void close() {
    schedule.close();
    executor.shutdownNow();
  }

  /** In the good case nothing where no policy selects the pod, else one netlink transaction. */
  @Override
  public void admit(PodName pod, String uid, List<IpAddress> addresses) throws DataplaneException {
    if (mode == PolicyMode.OFF || !policiesListed && !mayHavePolicies) {
      return;
    }
    PolicyState.Admitted is = state.admit(pod, uid, addresses);
    if (addresses.stream().anyMatch(address -> isIn(is.program(), address) || isKnown(address))) {
      admitted.addAll(addresses);
      dataplane.admit(is.program(), kernelMode, addresses);
      wake();
    }
    if (!is.isKnown()) {
      uids.put(pod, uid);
    }
    if (!is.isKnown() && policiesListed) {
      watching.request(pod);
      wake();
    }
  }

  @Override
  public boolean isInForce() {
    return mayHavePolicies || applied != PolicyProgram.NONE;
  }

  @Override
  public boolean isKnown(IpAddress address) {
    return admitted.contains(address) || isIn(applied, address);
  }

  private static boolean isIn(PolicyProgram program, IpAddress address) {
    return Arrays.stream(Direction.values())
        .anyMatch(direction -> program.group(direction, address).isPresent());
  }

  private boolean runAndRetry() {
    boolean succeeded = run();
    if (succeeded) {
      failuresInARow = 0;
    } else {
      metrics.failed();
      long pause = FIRST_RETRY.toMillis() << Math.min(failuresInARow, 10);
      failuresInARow++;
      later(Duration.ofMillis(Math.min(pause, LAST_RETRY.toMillis())), this::wake);
    }
    if (closed.isAnyPending() || attachments.coolingCount() > 0) {
      tick();
    }
    return true;
  }

  /** One at a time: each run may want the next. */
  private void tick() {
    if (ticking.compareAndSet(false, true)) {
      later(
          TICK,
          () -> {
            ticking.set(false);
            wake();
          });
    }
  }

  private void later(Duration pause, Runnable work) {
    if (!executor.isShutdown()) {
      executor.schedule(work, pause.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** One run; returns whether the kernel has what it should. */
  private boolean run() {
    PolicyWatching now = watching;
    Listed listed = mode == PolicyMode.OFF ? new Listed(true, true, true, true) : now.listed();
    updateNodes();
    state.update(listed);
    if (!listed.policies()) {
      whileWaiting();
      return true;
    }
    if (mode != PolicyMode.OFF) {
      now.want(state.wants());
    }
    if (!policiesListed) {
      policiesListed = true;
      onListed.run();
    }
    boolean any = state.policyCount() > 0;
    mayHavePolicies = any;
    boolean succeeded = !any || remember(Known.SOME);
    if (!isDue(listed, mode == PolicyMode.OFF ? listed : now.listed())) {
      whileWaiting();
      return succeeded;
    }
    succeeded &= apply();
    if (!any && succeeded) {
      succeeded = remember(mode == PolicyMode.OFF ? Known.NOTHING : Known.NONE);
    }
    attachments.freeCooled();
    reportPods(pod -> true);
    reportIpvs();
    return succeeded;
  }

  /** Frees addresses of pods that are gone, and reports new pods: the others have their rules. */
  private void whileWaiting() {
    Set<IpAddress> there = new HashSet<>();
    attachments.all().forEach(attachment -> there.addAll(attachment.addresses()));
    admitted.retainAll(there);
    attachments.freeCooled();
    reportPods(uids::containsKey);
  }

  private void updateNodes() {
    ClusterView now = view;
    if (now.listed() && now != nodesOf && state.policyCount() > 0) {
      nodesOf = now;
      state.setNodes(PolicyNodes.of(now, nodeName));
    }
  }

  private boolean remember(Known policies) {
    Optional<String> trouble = remembered.set(policies);
    trouble.ifPresent(LOG::warn);
    return trouble.isEmpty();
  }

  /**
   * Before the first apply all lists are waited for, and the nodes: it would else cut what is
   * accepted. Later only the list of this node's pods is, which begins with the first policy:
   * without it every running pod of the policy's namespace would be closed.
   *
   * @param taken what was in when this run took what is known: by that it chose what is wanted
   * @param now what is in of all that is wanted
   */
  private boolean isDue(Listed taken, Listed now) {
    long nanos = nanoTime.getAsLong();
    listedNanos = listedNanos.or(() -> Optional.of(nanos));
    boolean patient = nanos - listedNanos.get() < PATIENCE.toNanos();
    PolicyWatches wanted = state.wants();
    boolean hasPods = !wanted.ownPods() || taken.ownPods();
    boolean hasNamespaces = !wanted.namespaces() || taken.namespaces();
    boolean hasAll = taken.all() && now.all() && wanted.unread().isEmpty() && !isMissingNodes();
    boolean due = hasPods && (synced || hasNamespaces && (hasAll || !patient));
    waitingNanos = due ? Optional.empty() : waitingNanos.or(() -> Optional.of(nanos));
    synced |= due;
    if (!due) {
      tick();
    }
    return due;
  }

  /** Whether what other nodes are called by is not known, and may be in a policy's ranges. */
  private boolean isMissingNodes() {
    return state.policyCount() > 0 && !nodesOf.listed();
  }

  private boolean apply() {
    readBackWhereDue();
    Optional<Long> changed = state.takeChange();
    Optional<Long> disturbed = disturbedNanos.getAndSet(Optional.empty());
    Set<IpAddress> before = Set.copyOf(admitted);
    AtomicReference<PolicyProgram> given = new AtomicReference<>(PolicyProgram.NONE);
    try {
      PolicyApplied is = dataplane.apply(() -> take(given), kernelMode);
      applied = given.get();
      admitted.removeAll(before);
      metrics.programmed(applied);
      long end = nanoTime.getAsLong();
      changed.ifPresent(since -> metrics.lag(end - since));
      if (is.repaired()) {
        repaired(disturbed.map(since -> end - since));
      }
      return report(refusals(is));
    } catch (DataplaneException e) {
      return report(List.of(refused(e.getMessage())));
    } catch (RuntimeException | Error e) {
      AgentThread.POLICY.failed(e);
      return report(List.of(refused("a fault of the agent: " + e)));
    }
  }

  private static Blocker refused(String why) {
    return new Blocker(
        REFUSED, "network policies: %s; the rules that were there stay".formatted(why));
  }

  private void reportIpvs() {
    boolean before = ipvs;
    ipvs = applied != PolicyProgram.NONE && Files.exists(ipvsLink);
    if (ipvs && !before) {
      LOG.warn(IPVS_IN_USE.message());
      events.node(IPVS, IPVS_IN_USE.message());
    }
  }

  private PolicyProgram take(AtomicReference<PolicyProgram> given) {
    PolicyProgram program = state.program();
    given.set(program);
    return program;
  }

  private void readBackWhereDue() {
    long nanos = nanoTime.getAsLong();
    if (nanos - readBackNanos >= MAX_INTERVAL.toNanos() - TICK.toNanos()) {
      readBackNanos = nanos;
      if (applied != PolicyProgram.NONE) {
        readingBack = true;
        dataplane.mayHaveChanged();
        readingBack = false;
      }
    }
  }

  private void repaired(Optional<Long> openNanos) {
    openNanos.ifPresent(metrics::repaired);
    String message =
        "somebody else changed or removed the rules of network policies (table inet weft_policy);"
            + " they are back"
            + openNanos
                .map(nanos -> " %.1f ms after the kernel's notification".formatted(nanos / 1e6))
                .orElse("");
    LOG.warn(message);
    events.node(REPAIRED, message);
  }

  private static List<Blocker> refusals(PolicyApplied is) {
    List<Blocker> refusals = new ArrayList<>();
    new TreeMap<>(is.refused())
        .forEach(
            (group, why) ->
                refusals.add(
                    new Blocker(
                        REFUSED,
                        "network policies: the kernel refuses group %s: %s; its pods keep the rules that they had, new ones are closed"
                            .formatted(group, why))));
    return refusals;
  }

  private boolean report(List<Blocker> now) {
    now.stream()
        .filter(blocker -> !blockers.contains(blocker))
        .forEach(
            blocker -> {
              LOG.error(blocker.message());
              events.node(blocker.reason(), blocker.message());
            });
    if (now.isEmpty() && !blockers.isEmpty()) {
      LOG.info("network policies: the kernel has all rules again");
    }
    blockers = List.copyOf(now);
    return now.isEmpty();
  }

  private void reportPods(Predicate<PodName> which) {
    Set<PodName> noted = new HashSet<>(uids.keySet());
    List<PolicyTrouble> troubles =
        state.troubles().stream().filter(trouble -> which.test(subject(trouble))).toList();
    for (PolicyTrouble trouble : closed.due(troubles, nanoTime.getAsLong())) {
      PodName pod = subject(trouble);
      LOG.warn("pod {}: {}: {}", pod, trouble.reason(), trouble.message());
      if (!trouble.namespace().isEmpty()) {
        events.pod(pod, uids.getOrDefault(pod, ""), trouble.reason(), trouble.message());
      }
    }
    noted.removeAll(closed.pods());
    uids.keySet().removeAll(noted);
    metrics.closed(closed.count());
  }

  private static PodName subject(PolicyTrouble trouble) {
    return new PodName(trouble.namespace(), trouble.name());
  }
}
