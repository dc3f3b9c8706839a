// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.PodName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What this node is to enforce, from the cluster's policies, namespaces and pods as they come and
 * go. An event costs what it changes, not what there is.
 *
 * <p>Not thread-safe. What it returns does not change.
 */
public final class PolicyTable {
  /** Bound of a group's clauses. */
  public static final int MAX_CLAUSES = 5_000;

  /** Bound of the members of all sets together. */
  public static final int MAX_ELEMENTS = 200_000;

  /** Bound of the weight of all groups' clauses: nft then takes 80 MiB, in the agent's cgroup. */
  public static final int MAX_WEIGHT = 15_000;

  /**
   * Bound of the bytes of all policies that are kept, in the agent's own form: a peer has 6 to 40,
   * or the length of its labels. By labels that a policy names the table has up to 12 times as
   * many.
   */
  public static final int MAX_BYTES = 4 << 20;

  /** Behind why it is not known what selects a pod. */
  private static final String CLOSED_MEANWHILE =
      "; meanwhile nothing comes to the pod or leaves it: does the API server answer this node's agent?";

  /**
   * At which number of groups, clauses of one, and members of all sets, at which weight of clauses,
   * and at which bytes of policies, a pod is closed.
   */
  record Bounds(int groups, int clauses, int elements, int weight, long bytes) {
    /** Whether clauses are more than a group may have. */
    boolean isOver(Size size) {
      return size.clauses() > clauses || size.weight() > weight;
    }
  }

  private final Bounds bounds;
  private final ClusterNodes nodes = new ClusterNodes();
  private final ClusterPods cluster = new ClusterPods(nodes);
  private final OwnPods own;
  private final Map<String, PolicyNamespace> namespaces = new HashMap<>();
  private final PodSets sets;
  private final Policies policies;
  private final Groups groups;
  private final WatchPlan watchPlan = new WatchPlan();

  /** Those about which may have to be decided again. */
  private final Set<OwnPod> undecided = new HashSet<>();

  private final Set<OwnPod> closedByBound = new HashSet<>();
  private boolean policiesListed;
  private boolean namespacesListed;
  private long moves;
  private Optional<PolicyWatches> watches = Optional.empty();
  private PolicyProgram program = PolicyProgram.NONE;

  /**
   * A table without anything, and of which no list is in.
   *
   * @param thisNode its name
   */
  public PolicyTable(String thisNode) {
    this(
        thisNode,
        new Bounds(PolicyProgram.MAX_GROUPS, MAX_CLAUSES, MAX_ELEMENTS, MAX_WEIGHT, MAX_BYTES));
  }

  PolicyTable(String thisNode, Bounds bounds) {
    this.bounds = bounds;
    own = new OwnPods(thisNode, cluster);
    sets = new PodSets(new Holders(), nodes);
    policies = new Policies(nodes, sets, bounds);
    groups = new Groups(policies, sets, bounds);
  }

  /**
   * Takes which first lists are in. Before that of the policies every pod of this node is closed;
   * before that of the namespaces no watch is wanted for a namespaceSelector. A pod that is not
   * listed yet is closed where a policy may select it.
   */
  public void setListed(boolean policies, boolean namespaces, boolean ownPods) {
    if (policies != policiesListed) {
      policiesListed = policies;
      undecided.addAll(own.all());
    }
    if (namespaces != namespacesListed) {
      namespacesListed = namespaces;
      watches = Optional.empty();
    }
  }

  /**
   * Takes a policy as a list or a watch reports it.
   *
   * @return whether the program, the watches or the troubles may be others than before
   */
  public boolean upsert(Policy policy) {
    return policyChanged(policy.namespace(), Optional.of(policy), () -> policies.put(policy));
  }

  /** How many policies the cluster has. */
  public int policyCount() {
    return policies.count();
  }

  /** Takes the event that a policy is gone; returns as {@link #upsert(Policy)} does. */
  public boolean deletePolicy(String namespace, String name) {
    return policyChanged(namespace, Optional.empty(), () -> policies.remove(namespace, name));
  }

  private boolean policyChanged(
      String namespace, Optional<Policy> after, Supplier<Optional<Policy>> change) {
    keep();
    boolean wasEmpty = policies.isEmpty();
    boolean wasComplete = policies.isComplete(namespace);
    Optional<Policy> before = change.get();
    boolean changed = countChanged(wasEmpty != policies.isEmpty()) | keep();
    boolean all = wasComplete != policies.isComplete(namespace);
    if (!all && before.equals(after)) {
      return changed;
    }
    return decideAgain(
            pod ->
                pod.namespace().equals(namespace)
                    && (all
                        || pod.pod == null
                        || selects(before, pod.pod)
                        || selects(after, pod.pod)))
        || changed;
  }

  /** Has rules kept of the namespaces of this node's pods; returns whether others are kept now. */
  private boolean keep() {
    Set<String> here = new HashSet<>();
    own.all().forEach(pod -> here.add(pod.namespace()));
    Set<String> changed = policies.keep(here);
    return decideAgain(pod -> changed.contains(pod.namespace()));
  }

  private static boolean selects(Optional<Policy> policy, PolicyPod pod) {
    return policy.isPresent() && policy.get().pods().matches(pod.labels());
  }

  /** Takes whether there are policies now, or none, and it was the other way before. */
  private boolean countChanged(boolean changed) {
    if (changed) {
      watches = Optional.empty();
      decideAgain(pod -> pod.pod == null);
    }
    return changed;
  }

  private boolean decideAgain(Predicate<OwnPod> which) {
    boolean any = false;
    for (OwnPod pod : own.all()) {
      if (which.test(pod)) {
        undecided.add(pod);
        any = true;
      }
    }
    return any;
  }

  /** Takes a namespace; returns as {@link #upsert(Policy)} does. */
  public boolean upsert(PolicyNamespace namespace) {
    PolicyNamespace before = namespaces.put(namespace.name(), namespace);
    return !namespace.equals(before)
        && relabelled(
            namespace.name(), before == null ? null : before.labels(), namespace.labels());
  }

  /** Takes the event that a namespace is gone; returns as {@link #upsert(Policy)} does. */
  public boolean deleteNamespace(String name) {
    PolicyNamespace before = namespaces.remove(name);
    return before != null && relabelled(name, before.labels(), null);
  }

  private boolean relabelled(String name, Map<String, String> before, Map<String, String> after) {
    sets.relabelled(name, before, after);
    watchPlan.relabelled(before, after);
    watches = Optional.empty();
    return true;
  }

  /**
   * Takes a pod, of this or another node, whichever watch reports it; returns as {@link
   * #upsert(Policy)} does.
   */
  public boolean upsert(PolicyPod pod) {
    PolicyPod before = cluster.get(pod.namespace(), pod.name());
    return !pod.equals(before)
        && podChanged(pod.namespace(), pod.name(), before, pod, () -> cluster.put(pod));
  }

  /**
   * Takes the event that a pod is gone or has ended, or that no watch is about it any more; returns
   * as {@link #upsert(Policy)} does. While it is attached here it keeps the labels that it had.
   */
  public boolean deletePod(String namespace, String name) {
    PolicyPod before = cluster.get(namespace, name);
    return before != null
        && podChanged(namespace, name, before, null, () -> cluster.remove(namespace, name));
  }

  private boolean podChanged(
      String namespace, String name, PolicyPod before, PolicyPod after, Runnable change) {
    Set<IpAddress> addresses = new LinkedHashSet<>();
    if (before != null) {
      addresses.addAll(before.addresses());
    }
    if (after != null) {
      addresses.addAll(after.addresses());
    }
    List<OwnPod> mine = own.concernedBy(namespace, name, addresses);
    mine.forEach(pod -> addresses.addAll(pod.addresses));
    return moving(
        addresses,
        () -> {
          change.run();
          mine.stream().filter(own::identify).forEach(undecided::add);
        });
  }

  /** Makes a change by which some addresses may have other pods than before. */
  private boolean moving(Set<IpAddress> addresses, Runnable change) {
    int decided = undecided.size();
    Map<IpAddress, PolicyPod> before = new HashMap<>();
    addresses.forEach(address -> before.put(address, holder(address)));
    change.run();
    for (IpAddress address : addresses) {
      PolicyPod old = before.get(address);
      PolicyPod now = holder(address);
      if (!isAlike(old, now)) {
        moves++;
        sets.moved(address, old, now);
      }
    }
    return undecided.size() > decided
        || sets.hasChanged()
        || closedByBound.stream().anyMatch(this::mayFit);
  }

  private static boolean isAlike(PolicyPod one, PolicyPod other) {
    return one == other
        || one != null
            && other != null
            && one.namespace().equals(other.namespace())
            && one.labels().equals(other.labels())
            && one.ports().equals(other.ports());
  }

  /** Which pod has an address, as far as its labels are known; null where it is none. */
  private PolicyPod holder(IpAddress address) {
    OwnPod here = own.at(address);
    return here != null ? here.pod : cluster.holder(address);
  }

  /**
   * Takes all nodes, this one too: its pods send to its gateway addresses. Before, a pod may have
   * any address; then only one of its node's blocks.
   *
   * @return as {@link #upsert(Policy)} does
   */
  public boolean setNodes(Collection<PolicyNode> all) {
    boolean wereKnown = !nodes.isEmpty();
    List<PolicyNode> changed = nodes.set(all);
    if (changed.isEmpty()) {
      return false;
    }
    Set<String> names = changed.stream().map(PolicyNode::name).collect(Collectors.toSet());
    boolean areKnown = wereKnown && !nodes.isEmpty();
    Set<IpAddress> addresses = cluster.addresses(name -> !areKnown || names.contains(name));
    boolean moved = moving(addresses, () -> cluster.nodesChanged(addresses));
    sets.nodesChanged(changed);
    Set<String> concerned = policies.nodesChanged(changed);
    boolean decide = decideAgain(pod -> concerned.contains(pod.namespace()));
    return decide || moved || sets.hasChanged();
  }

  /**
   * Takes all pods that are attached to this node. One that was {@link #admit admitted} is kept
   * until it has been among them and is not any more, or until it is {@link #withdraw withdrawn}.
   *
   * @return as {@link #upsert(Policy)} does
   */
  public boolean setAttachments(Collection<Attachment> attachments) {
    Set<IpAddress> addresses = new HashSet<>();
    own.all().forEach(pod -> addresses.addAll(pod.addresses));
    attachments.forEach(attachment -> addresses.addAll(attachment.addresses()));
    return moving(addresses, () -> undecided.addAll(own.attachments(attachments)));
  }

  /**
   * Takes a pod that is being attached to this node, before its link is up: from now on the program
   * has its addresses.
   *
   * @param pod its name
   * @param uid its UID as the runtime has it, so that an older pod of this name is not taken for
   *     it; empty where the runtime does not report it
   * @param addresses one of each family it has
   * @return whether it is known what selects it; else it is closed until its labels come
   */
  public boolean admit(PodName pod, String uid, List<IpAddress> addresses) {
    Set<IpAddress> concerned = withNeighbours(addresses);
    moving(concerned, () -> undecided.addAll(own.admit(pod, uid, addresses)));
    return policiesListed
        && policies.isComplete(pod.namespace())
        && (own.at(addresses.get(0)).pod != null || !policies.hasAny(pod.namespace()));
  }

  /**
   * Takes the event that a pod with these addresses will not be, or is no longer, attached; returns
   * as {@link #upsert(Policy)} does.
   */
  public boolean withdraw(Collection<IpAddress> addresses) {
    return moving(withNeighbours(addresses), () -> undecided.addAll(own.withdraw(addresses)));
  }

  /** Some addresses, with the others of this node's pods that have them. */
  private Set<IpAddress> withNeighbours(Collection<IpAddress> addresses) {
    Set<IpAddress> all = new LinkedHashSet<>(addresses);
    for (IpAddress address : addresses) {
      OwnPod here = own.at(address);
      if (here != null) {
        all.addAll(here.addresses);
      }
    }
    return all;
  }

  /** What must be watched now, beside the policies. */
  public PolicyWatches wants() {
    decide();
    if (watches.isEmpty()) {
      watches = Optional.of(plan());
    }
    return watches.get();
  }

  private PolicyWatches plan() {
    if (policies.isEmpty()) {
      return PolicyWatches.NONE;
    }
    Set<PodTerm> terms = new HashSet<>();
    for (Direction direction : Direction.values()) {
      Set<Policies.Active> selecting = new HashSet<>();
      own.all().stream()
          .filter(pod -> pod.closed == null || !pod.closed.isOfItsRules())
          .forEach(pod -> selecting.addAll(pod.policies.getOrDefault(direction, List.of())));
      selecting.forEach(one -> terms.addAll(one.terms(direction)));
    }
    return watchPlan.watches(policies.unread(), terms, namespaces.values(), namespacesListed);
  }

  /** What this node's kernel is to enforce now. What did not change is the same object. */
  public PolicyProgram program() {
    decide();
    SharingMap<String, PolicyProgram.MemberSet> members = sets.used();
    SharingMap<String, PolicyProgram.Group> clauses = groups.groups();
    SharingMap<IpAddress, String> ingress = groups.of(Direction.INGRESS);
    SharingMap<IpAddress, String> egress = groups.of(Direction.EGRESS);
    if (ingress.isEmpty() && egress.isEmpty()) {
      program = PolicyProgram.NONE;
    } else if (program.sets() != members
        || program.groups() != clauses
        || program.ingress() != ingress
        || program.egress() != egress) {
      program = new PolicyProgram(clauses, members, ingress, egress);
    }
    return program;
  }

  /** Decides about every pod about which that has to be done again. */
  private void decide() {
    if (!closedByBound.isEmpty()) {
      undecided.addAll(closedByBound.stream().filter(this::mayFit).toList());
    }
    if (!undecided.isEmpty()) {
      keep();
      List<OwnPod> pods = new ArrayList<>(undecided);
      pods.sort(Comparator.comparing(OwnPod::sequence));
      undecided.clear();
      decide(pods);
      watches = Optional.empty();
    }
    shrink();
  }

  private void decide(List<OwnPod> pods) {
    for (OwnPod pod : pods) {
      pod.policies = pod.gone ? Map.of() : selecting(pod);
      groups.leave(pod);
    }
    for (OwnPod pod : pods) {
      closedByBound.remove(pod);
      Optional<OwnPod.Closed> unknown = pod.gone ? Optional.empty() : unknown(pod);
      if (pod.gone) {
        groups.forget(pod); // the pod that has its address now comes after it
      } else if (unknown.isPresent()) {
        groups.close(pod, unknown.get());
      } else {
        enter(pod);
      }
    }
    collect();
  }

  private void enter(OwnPod pod) {
    Map<Direction, List<Policies.Use>> uses = uses(pod);
    Optional<OwnPod.Closed> tooLarge = groups.tooLarge(uses);
    if (tooLarge.isPresent()) {
      groups.close(pod, tooLarge.get());
    } else {
      if (policies.weight() > 2 * bounds.weight()) {
        collect();
      }
      Map<Direction, List<Piece>> pieces = new EnumMap<>(Direction.class);
      uses.forEach(
          (direction, of) -> pieces.put(direction, of.stream().map(policies::piece).toList()));
      groups.enter(pod, pieces);
    }
    if (pod.closed != null) {
      closedByBound(pod);
    }
  }

  private void closedByBound(OwnPod pod) {
    closedByBound.add(pod);
    pod.elementsThen = sets.elements();
    pod.groupsThen = groups.inUse();
    pod.weightThen = groups.weight();
    pod.movesThen = moves;
  }

  private void collect() {
    groups.collect();
    policies.collect();
  }

  /** Closes the pods whose groups have the most members until all are few enough. */
  private void shrink() {
    while (sets.elements() > bounds.elements()) {
      Groups.Used largest = groups.largest();
      List<OwnPod> pods =
          own.all().stream()
              .filter(pod -> pod.ingress == largest || pod.egress == largest)
              .toList();
      for (OwnPod pod : pods) {
        groups.leave(pod);
        groups.close(pod, groups.tooManyElements(Optional.empty()));
      }
      collect();
      pods.forEach(this::closedByBound);
    }
  }

  /**
   * Whether a pod that a bound closed is worth another try: groups may be others, or there are
   * markedly fewer members, or so many addresses have changed their pod that its own sets may be
   * smaller.
   */
  private boolean mayFit(OwnPod pod) {
    return switch (pod.closed.reason()) {
      case Groups.TOO_MANY_GROUPS -> !undecided.isEmpty() || groups.inUse() < pod.groupsThen;
      case Groups.TOO_MUCH_WEIGHT -> !undecided.isEmpty() || groups.weight() < pod.weightThen;
      case Groups.TOO_MANY_ELEMENTS ->
          sets.elements() <= pod.elementsThen - bounds.elements() / 10
              || moves - pod.movesThen > bounds.elements() / 20;
      default -> false;
    };
  }

  /** Why it is not known what selects a pod; empty where it is. */
  private Optional<OwnPod.Closed> unknown(OwnPod pod) {
    if (!policiesListed) {
      return Optional.of(
          new OwnPod.Closed(
              "PoliciesUnknown",
              "the API server has not listed the NetworkPolicies yet" + CLOSED_MEANWHILE));
    }
    if (policies.isTooLarge(pod.namespace())) {
      return Optional.of(
          new OwnPod.Closed(
              "NamespacePoliciesTooLarge",
              "the NetworkPolicies of the namespaces with pods of this node have more than %d bytes, and its namespace has the most of them; use fewer peers, labels or wider ranges"
                  .formatted(bounds.bytes())));
    }
    if (!policies.isComplete(pod.namespace())) {
      return Optional.of(
          new OwnPod.Closed(
              "PoliciesUnknown",
              "the API server has not answered yet which NetworkPolicies its namespace has"
                  + CLOSED_MEANWHILE));
    }
    if (pod.pod != null || policies.isEmpty()) {
      return Optional.empty();
    }
    if (pod.name.isEmpty()) {
      return Optional.of(
          new OwnPod.Closed(
              "PodUnknown",
              "no pod of the API server has the address %s, and there are NetworkPolicies"
                      .formatted(pod.addresses.get(0))
                  + CLOSED_MEANWHILE));
    }
    return policies.hasAny(pod.namespace())
        ? Optional.of(
            new OwnPod.Closed(
                "LabelsUnknown",
                "the API server has not reported the pod, and there are NetworkPolicies in its"
                    + " namespace"
                    + CLOSED_MEANWHILE))
        : Optional.empty();
  }

  private Map<Direction, List<Policies.Active>> selecting(OwnPod pod) {
    if (!policiesListed || pod.pod == null || !policies.isComplete(pod.namespace())) {
      return Map.of();
    }
    Map<Direction, List<Policies.Active>> selecting = new EnumMap<>(Direction.class);
    for (Policies.Active one : policies.selecting(pod.pod)) {
      for (Direction direction : one.directions) {
        selecting.computeIfAbsent(direction, key -> new ArrayList<>()).add(one);
      }
    }
    return selecting;
  }

  private static Map<Direction, List<Policies.Use>> uses(OwnPod pod) {
    Map<Direction, List<Policies.Use>> uses = new EnumMap<>(Direction.class);
    pod.policies.forEach(
        (direction, selecting) ->
            uses.put(
                direction,
                selecting.stream().map(one -> Policies.Use.of(one, direction, pod)).toList()));
    return uses;
  }

  /**
   * What an administrator should know now: every pod that is closed, and why; and each policy that
   * alone is a reason.
   */
  public List<PolicyTrouble> troubles() {
    decide();
    Set<PolicyTrouble> troubles = new LinkedHashSet<>();
    for (OwnPod pod : own.all()) {
      if (pod.closed != null) {
        troubles.add(
            new PolicyTrouble(
                PolicyTrouble.Subject.POD,
                pod.namespace(),
                pod.podName(),
                pod.closed.reason(),
                "nothing comes to the pod and nothing leaves it: " + pod.closed.why()));
        pod.closed
            .policy()
            .ifPresent(
                policy ->
                    troubles.add(
                        new PolicyTrouble(
                            PolicyTrouble.Subject.POLICY,
                            policy.namespace,
                            policy.name,
                            pod.closed.reason(),
                            "the pods that it selects are closed: " + pod.closed.why())));
      }
    }
    return List.copyOf(troubles);
  }

  /** What policies mean for a pod of this node; empty where it is not attached here. */
  public Optional<PodPolicies> explain(String namespace, String pod) {
    decide();
    List<PodPolicies.Side> sides = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      own.all().stream()
          .filter(one -> one.namespace().equals(namespace) && one.podName().equals(pod))
          .forEach(one -> sides.add(side(one, direction)));
    }
    return sides.isEmpty() ? Optional.empty() : Optional.of(new PodPolicies(namespace, pod, sides));
  }

  private PodPolicies.Side side(OwnPod pod, Direction direction) {
    Map<String, PolicyProgram.MemberSet> members = sets.used();
    List<PodPolicies.Accept> accepts = new ArrayList<>();
    Groups.Used used = pod.group(direction);
    if (used != null) {
      for (Piece piece : used.pieces) {
        Compiled compiled =
            PolicyCompiler.compile(piece.policy.policy(), piece.kind, nodes, bounds);
        for (int i = 0; i < compiled.clauses().size(); i++) {
          PolicyProgram.Clause clause = compiled.clauses().get(i);
          int size = clause.set().map(set -> members.get(set).members().size()).orElse(0);
          accepts.add(
              new PodPolicies.Accept(accepts.size(), clause, compiled.peers().get(i), size));
        }
      }
    }
    return new PodPolicies.Side(
        direction,
        pod.addresses,
        pod.closed != null
            ? Optional.of(PolicyProgram.CLOSED)
            : Optional.ofNullable(used).map(one -> one.group.name()),
        Optional.ofNullable(pod.closed).map(OwnPod.Closed::why),
        pod.policies.getOrDefault(direction, List.of()).stream()
            .map(Policies.Active::toString)
            .toList(),
        accepts);
  }

  /** Who has which address, for the sets. */
  private final class Holders implements PodSets.Holders {
    @Override
    public void forEach(String namespace, Selector pods, BiConsumer<IpAddress, PolicyPod> action) {
      if (namespace == null) {
        cluster.namespaces().forEach(name -> ofOthers(name, pods, action));
      } else {
        ofOthers(namespace, pods, action);
      }
      for (OwnPod here : own.all()) {
        if (here.pod != null
            && (namespace == null || namespace.equals(here.pod.namespace()))
            && pods.matches(here.pod.labels())) {
          here.addresses.forEach(address -> action.accept(address, here.pod));
        }
      }
    }

    private void ofOthers(
        String namespace, Selector pods, BiConsumer<IpAddress, PolicyPod> action) {
      for (PolicyPod pod : cluster.in(namespace)) {
        if (pods.matches(pod.labels())) {
          for (IpAddress address : pod.addresses()) {
            if (cluster.holder(address) == pod && own.at(address) == null) {
              action.accept(address, pod);
            }
          }
        }
      }
    }

    @Override
    public Collection<PolicyNamespace> namespaces() {
      return namespaces.values();
    }

    @Override
    public Optional<Map<String, String>> labels(String namespace) {
      return Optional.ofNullable(namespaces.get(namespace)).map(PolicyNamespace::labels);
    }
  }
}
