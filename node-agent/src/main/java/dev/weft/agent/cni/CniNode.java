// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.dataplane.Dataplane;
import java.util.function.IntSupplier;

/**
 * The node, as the CNI verbs need it.
 *
 * @param attachments whose each address is
 * @param dataplane the kernel
 * @param readiness whether the node can serve an ADD
 * @param mtuBytes the MTU of a new pod's interface
 * @param gate what policies have to do with a pod's addresses first
 */
public record CniNode(
    Attachments attachments,
    Dataplane dataplane,
    Readiness readiness,
    IntSupplier mtuBytes,
    AddressGate gate) {
  /** A node without policies. */
  public CniNode(
      Attachments attachments, Dataplane dataplane, Readiness readiness, IntSupplier mtuBytes) {
    this(attachments, dataplane, readiness, mtuBytes, AddressGate.OPEN);
  }
}
