// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.agent.cluster.PolicyFeed;
import dev.weft.agent.cluster.PolicyInformers.Listed;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.PodPolicies;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyNamespace;
import dev.weft.core.policy.PolicyNode;
import dev.weft.core.policy.PolicyPod;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyTable;
import dev.weft.core.policy.PolicyTrouble;
import dev.weft.core.policy.PolicyWatches;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of policies, pods and namespaces, and what follows from it for this node.
 * Thread-safe: a lock around the table, under which nothing else is waited for.
 */
final class PolicyState implements PolicyFeed {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyState.class);

  /** The reason of what is not understood of a policy. */
  static final String NOT_UNDERSTOOD = "PolicyNotUnderstood";

  private final PolicyTable table;
  private final Supplier<Collection<Attachment>> attachments;
  private final LongSupplier nanoTime;
  private final Runnable changed;

  /** What of a policy is not understood, by its name. */
  private final Map<String, PolicyTrouble> notUnderstood = new TreeMap<>();

  /** Addresses of ADDs since the last update. */
  private final Set<IpAddress> admitted = new HashSet<>();

  /** Of the first change that no program was taken for. */
  private Optional<Long> changedNanos = Optional.empty();

  /**
   * Nothing is known.
   *
   * @param nodeName this node's
   * @param attachments of this node, now
   * @param nanoTime a monotonic clock
   * @param changed called when what follows may have changed; must not block
   */
  PolicyState(
      String nodeName,
      Supplier<Collection<Attachment>> attachments,
      LongSupplier nanoTime,
      Runnable changed) {
    table = new PolicyTable(nodeName);
    this.attachments = attachments;
    this.nanoTime = nanoTime;
    this.changed = changed;
  }

  @Override
  public void upsert(Policy policy, List<String> troubles) {
    synchronized (this) {
      note(policy, troubles);
      if (!noteChange(table.upsert(policy))) {
        return;
      }
    }
    changed.run();
  }

  private void note(Policy policy, List<String> troubles) {
    if (troubles.isEmpty()) {
      notUnderstood.remove(policy.toString());
      return;
    }
    PolicyTrouble trouble =
        new PolicyTrouble(
            PolicyTrouble.Subject.POLICY,
            policy.namespace(),
            policy.name(),
            NOT_UNDERSTOOD,
            String.join("; ", troubles));
    if (!trouble.equals(notUnderstood.put(policy.toString(), trouble))) {
      LOG.warn("NetworkPolicy {}: {}", policy, trouble.message());
    }
  }

  @Override
  public void policyGone(String namespace, String name) {
    synchronized (this) {
      notUnderstood.remove(namespace + "/" + name);
      if (!noteChange(table.deletePolicy(namespace, name)) && table.policyCount() > 0) {
        return;
      }
    }
    changed.run();
  }

  @Override
  public void upsert(PolicyNamespace namespace) {
    change(() -> table.upsert(namespace));
  }

  @Override
  public void namespaceGone(String name) {
    change(() -> table.deleteNamespace(name));
  }

  @Override
  public void upsert(PolicyPod pod) {
    change(() -> table.upsert(pod));
  }

  @Override
  public void podGone(String namespace, String name) {
    change(() -> table.deletePod(namespace, name));
  }

  @Override
  public void listed() {
    changed.run();
  }

  private void change(Supplier<Boolean> event) {
    synchronized (this) {
      if (!noteChange(event.get())) {
        return;
      }
    }
    changed.run();
  }

  private boolean noteChange(boolean isOne) {
    if (isOne && changedNanos.isEmpty()) {
      changedNanos = Optional.of(nanoTime.getAsLong());
    }
    return isOne;
  }

  /** When the first change came that no program was taken for; empty where none did. */
  synchronized Optional<Long> takeChange() {
    Optional<Long> first = changedNanos;
    changedNanos = Optional.empty();
    return first;
  }

  /** Takes which lists are in, and this node's attachments as they are now. */
  synchronized void update(Listed listed) {
    table.setListed(listed.policies(), listed.namespaces(), listed.ownPods());
    Collection<Attachment> now = attachments.get();
    table.setAttachments(now);
    now.forEach(attachment -> admitted.removeAll(attachment.addresses()));
    // What was admitted is an attachment in flight, until it failed or was removed again.
    if (!admitted.isEmpty()) {
      table.withdraw(admitted);
      admitted.clear();
    }
  }

  /** Takes all nodes. */
  void setNodes(Collection<PolicyNode> nodes) {
    change(() -> table.setNodes(nodes));
  }

  /**
   * What an ADD needs.
   *
   * @param isKnown whether it is known what selects the pod
   * @param program in which the pod is
   */
  record Admitted(boolean isKnown, PolicyProgram program) {}

  /** Takes a pod that is being attached. */
  synchronized Admitted admit(PodName pod, String uid, List<IpAddress> addresses) {
    boolean isKnown = table.admit(pod, uid, addresses);
    admitted.addAll(addresses);
    return new Admitted(isKnown, table.program());
  }

  synchronized PolicyWatches wants() {
    return table.wants();
  }

  synchronized PolicyProgram program() {
    return table.program();
  }

  /** How many policies the cluster has. */
  synchronized int policyCount() {
    return table.policyCount();
  }

  synchronized Optional<PodPolicies> explain(PodName pod) {
    return table.explain(pod.namespace(), pod.name());
  }

  /** What is wrong with pods of this node and with policies. */
  synchronized List<PolicyTrouble> troubles() {
    List<PolicyTrouble> all = new ArrayList<>(table.troubles());
    all.addAll(notUnderstood.values());
    return all;
  }
}
