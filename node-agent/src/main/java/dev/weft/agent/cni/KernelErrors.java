// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;

/** What the kernel refused, as CNI errors. */
final class KernelErrors {
  private KernelErrors() {}

  static CniException of(String action, DataplaneException e) {
    return e.reason() == Reason.GONE
        ? new CniException(
            ErrorCode.UNKNOWN_CONTAINER, action + ": the pod's namespace is gone", e.getMessage())
        : new CniException(ErrorCode.KERNEL, action + ": the kernel refused it", e.getMessage());
  }
}
