// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.PodName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What this node is to enforce, from the cluster's policies, namespaces and pods as they come and
 * go. An event costs what it changes, not what there is.
 *
 * <p>Not thread-safe. What it returns does not change.
 */
public final class PolicyTable {
  /** A table without anything, and of which no list is in. */
  public PolicyTable() {}

  /**
   * Takes which first lists are in. Before that of the policies every pod of this node is closed;
   * before that of the namespaces no namespaceSelector selects any, and no watch is wanted for it.
   */
  public void setListed(boolean policies, boolean namespaces, boolean ownPods) {}

  /**
   * Takes a policy as a list or a watch reports it.
   *
   * @return whether the program, the watches or the troubles may be others than before
   */
  public boolean upsert(Policy policy) {
    return false;
  }

  /** Takes the event that a policy is gone; returns as {@link #upsert(Policy)} does. */
  public boolean deletePolicy(String namespace, String name) {
    return false;
  }

  /** Takes a namespace; returns as {@link #upsert(Policy)} does. */
  public boolean upsert(PolicyNamespace namespace) {
    return false;
  }

  /** Takes the event that a namespace is gone; returns as {@link #upsert(Policy)} does. */
  public boolean deleteNamespace(String name) {
    return false;
  }

  /**
   * Takes a pod, of this or another node, whichever watch reports it; returns as {@link
   * #upsert(Policy)} does.
   */
  public boolean upsert(PolicyPod pod) {
    return false;
  }

  /**
   * Takes the event that a pod is gone or has ended, or that no watch is about it any more; returns
   * as {@link #upsert(Policy)} does. While it is attached here it keeps the labels that it had.
   */
  public boolean deletePod(String namespace, String name) {
    return false;
  }

  /**
   * Takes the nodes, this one too: its pods send to its gateway addresses.
   *
   * @return as {@link #upsert(Policy)} does
   */
  public boolean setNodes(Collection<PolicyNode> nodes) {
    return false;
  }

  /**
   * Takes all pods that are attached to this node. One that was {@link #admit admitted} is kept
   * until it has been among them and is not any more, or until it is {@link #withdraw withdrawn}.
   *
   * @return as {@link #upsert(Policy)} does
   */
  public boolean setAttachments(Collection<Attachment> own) {
    return false;
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
    return false;
  }

  /**
   * Takes the event that a pod with these addresses will not be, or is no longer, attached; returns
   * as {@link #upsert(Policy)} does.
   */
  public boolean withdraw(Collection<IpAddress> addresses) {
    return false;
  }

  /** What must be watched now, beside the policies. */
  public PolicyWatches wants() {
    return PolicyWatches.NONE;
  }

  /** What this node's kernel is to enforce now. What did not change is the same object. */
  public PolicyProgram program() {
    return PolicyProgram.NONE;
  }

  /** What an administrator should know now: every pod that is closed, and why. */
  public List<PolicyTrouble> troubles() {
    return List.of();
  }

  /** What policies mean for a pod of this node; empty where it is not attached here. */
  public Optional<PodPolicies> explain(String namespace, String pod) {
    return Optional.empty();
  }
}
