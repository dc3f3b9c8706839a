// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

/**
 * Why a pod of this node is closed, or something else that an administrator should know.
 *
 * @param subject what it is about
 * @param namespace the subject's namespace; empty where the API server has no such pod
 * @param name the subject's name; of a pod that the API server does not have its first address
 * @param reason in CamelCase, for an Event
 * @param message what is wrong, why, and what to do
 */
public record PolicyTrouble(
    Subject subject, String namespace, String name, String reason, String message) {
  /** What a trouble is about. */
  public enum Subject {
    /** A pod of this node. */
    POD,
    /** A NetworkPolicy. */
    POLICY
  }
}
