// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** How a block is reached and used. The node's agent writes it, but for what releases the block. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IPAllocationStatus(
    Phase phase, Endpoint endpoint, Addresses addresses, List<Condition> conditions) {
  /** Where a block is in its life. */
  public enum Phase {
    /** Carved; its node has not programmed it yet. */
    Pending,
    /** Its node serves it. */
    Ready,
    /** Its node lost it; its routes go, then the block. */
    Releasing
  }

  /**
   * How peers reach the block.
   *
   * @param addresses the node's InternalIP of each family
   */
  public record Endpoint(List<String> addresses) {}
}
