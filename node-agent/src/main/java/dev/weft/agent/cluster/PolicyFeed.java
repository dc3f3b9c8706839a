// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyNamespace;
import dev.weft.core.policy.PolicyPod;
import java.util.List;

/** Takes what the watches of policies report, on their threads. It must not block. */
public interface PolicyFeed {
  /**
   * A policy is new or not as it was.
   *
   * @param troubles what of it is not understood, each naming the field
   */
  void upsert(Policy policy, List<String> troubles);

  /** A policy is gone. */
  void policyGone(String namespace, String name);

  /** A namespace is new or not as it was. */
  void upsert(PolicyNamespace namespace);

  /** A namespace is gone, or nobody watches it any more. */
  void namespaceGone(String name);

  /** A pod is new or not as it was. */
  void upsert(PolicyPod pod);

  /** A pod is gone, has ended, or nobody watches it any more. */
  void podGone(String namespace, String name);

  /** Something has been listed for the first time: {@link PolicyInformers#listed()} has it. */
  void listed();
}
