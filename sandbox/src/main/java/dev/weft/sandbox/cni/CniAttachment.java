// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.cni;

import java.util.List;

/**
 * One interface of one container, as a runtime names it to plugins.
 *
 * @param containerId the runtime's own name of the container
 * @param networkNamespace the file of its network namespace; empty: it is gone
 * @param interfaceName what the interface is called inside
 * @param arguments {@code KEY=VALUE} each, for CNI_ARGS
 */
public record CniAttachment(
    String containerId, String networkNamespace, String interfaceName, List<String> arguments) {
  /** Copies the arguments. */
  public CniAttachment {
    arguments = List.copyOf(arguments);
  }
}
