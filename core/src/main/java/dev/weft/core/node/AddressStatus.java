// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/** Where an address is in its life. */
public enum AddressStatus {
  /** No pod has it. */
  FREE,
  /** A pod has it, or is about to. */
  ASSIGNED,
  /** Its pod's interface is being removed: nobody gets it yet. */
  RELEASING
}
