// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** How a block is reached and used. The node's agent writes it, but for what releases the block. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IPAllocationStatus(
    @JsonPropertyDescription(
            "Pending: carved, not yet programmed by its node. Ready: served by its node. Releasing:"
                + " lost by its node; its routes go, then the block.")
        Phase phase,
    @JsonPropertyDescription("How peers reach the block, as its node's agent reports.")
        Endpoint endpoint,
    @JsonPropertyDescription("The block's addresses; written within a budget, so it may lag.")
        Addresses addresses,
    @JsonPropertyDescription(
            "Programmed, Pressure, Degraded and Drained are the agent's; EndpointAccepted, Releasing"
                + " and Overlapping the operator's.")
        @Size(max = 16)
        List<Condition> conditions,
    @JsonPropertyDescription(
            "How packets to the block cross between nodes: its pool's spec.routing, as its node's"
                + " agent has it. A path between two nodes follows the strictest of all pools that"
                + " either has blocks of.")
        IPPoolSpec.Routing routing) {
  /** A status whose agent does not report how packets cross between nodes. */
  public IPAllocationStatus(
      Phase phase, Endpoint endpoint, Addresses addresses, List<Condition> conditions) {
    this(phase, endpoint, addresses, conditions, null);
  }

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
   * @param vxlan how a tunnel to it is addressed; null: it has none
   * @param onLink the networks that these are on; null: not reported
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Endpoint(
      @JsonPropertyDescription("The node's InternalIP of each family.") @Size(max = 2)
          List<@Size(min = 2, max = 45) String> addresses,
      @JsonPropertyDescription("How a VXLAN tunnel to the node is addressed. Left out: none.")
          Vxlan vxlan,
      @JsonPropertyDescription(
              "The networks that these addresses are on: nodes in them are reached without a"
                  + " tunnel where a pool's routing is Auto.")
          @Size(max = 8)
          List<@Size(min = 4, max = 43) String> onLink) {}

  /**
   * How a tunnel to a node is addressed.
   *
   * @param mac of the node's VXLAN device (VTEP)
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Vxlan(
      @JsonPropertyDescription("MAC address of the node's VXLAN device.")
          @Pattern("^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")
          String mac) {}
}
