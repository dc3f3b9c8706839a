// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.util.Map;
import java.util.Set;

/**
 * Which nodes an agent can run on, by the labels that their kubelets set.
 *
 * @param architectures those that the image is built for, as in {@code kubernetes.io/arch}; empty:
 *     any
 */
public record AgentPlatforms(Set<String> architectures) {
  /** Linux of any architecture. */
  public static final AgentPlatforms LINUX = new AgentPlatforms(Set.of());

  private static final String OS = "kubernetes.io/os";
  private static final String ARCHITECTURE = "kubernetes.io/arch";

  /** Copies the set. */
  public AgentPlatforms {
    architectures = Set.copyOf(architectures);
  }

  /** Whether an agent can run on a node with these labels; one that is absent excludes none. */
  public boolean include(Map<String, String> nodeLabels) {
    String architecture = nodeLabels.get(ARCHITECTURE);
    return nodeLabels.getOrDefault(OS, "linux").equals("linux")
        && (architecture == null
            || architectures.isEmpty()
            || architectures.contains(architecture));
  }
}
