// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.DataplaneException;

/** What the kernel refused, as CNI errors. */
final class CniErrors {
  private CniErrors() {}

  static CniException of(String action, DataplaneException e) {
    return switch (e.reason()) {
      case GONE ->
          new CniException(
              ErrorCode.UNKNOWN_CONTAINER,
              action + ": the pod's namespace is gone",
              e.getMessage());
      case BUSY ->
          new CniException(
              ErrorCode.TRY_AGAIN_LATER, action + ": the kernel is not done yet", e.getMessage());
      case MISSING ->
          new CniException(
              ErrorCode.TRY_AGAIN_LATER,
              action + ": a link, table or set of Weft is missing on the node; it is re-created",
              e.getMessage());
      default ->
          new CniException(ErrorCode.KERNEL, action + ": the kernel refused it", e.getMessage());
    };
  }
}
