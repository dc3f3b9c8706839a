// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import java.util.Locale;

/** Which of a pod's packets a policy is about. */
public enum Direction {
  /** To the pod. */
  INGRESS,
  /** From the pod. */
  EGRESS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
