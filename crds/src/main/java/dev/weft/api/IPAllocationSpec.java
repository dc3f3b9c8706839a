// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * Who owns which block.
 *
 * @param cidr the block; immutable
 * @param node name of the node that owns it; immutable
 * @param nodeUID UID of that node: another one once the same running machine registered again
 * @param pool name of the pool it was carved from; immutable
 * @param state whether the block is claimed, active or draining; null: {@link State#Active}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "self.cidr == oldSelf.cidr && self.node == oldSelf.node && has(self.pool) =="
            + " has(oldSelf.pool) && (!has(self.pool) || self.pool == oldSelf.pool)",
    message =
        "cidr, node and pool never change; delete this allocation and make another (state and"
            + " nodeUID may change)")
@ValidationRule(
    value =
        "!has(self.state) || self.state != 'Claimed' || has(oldSelf.state) && oldSelf.state =="
            + " 'Claimed'",
    message =
        "state Claimed is only for an allocation that is created; one that was accepted is Active"
            + " or Draining")
@ValidationRule(
    value =
        "!has(oldSelf.state) || oldSelf.state != 'Claimed' || has(self.state) && self.state !="
            + " 'Draining'",
    message = "state may change from Claimed to Active only; a claim has nothing to drain")
@JsonIgnoreProperties(ignoreUnknown = true)
public record IPAllocationSpec(
    @JsonPropertyDescription("The block, an IPv4 or IPv6 range without host bits.")
        @Required
        @Size(min = 4, max = 43)
        @ValidationRule(value = Cel.IS_CIDR, message = Cel.IS_CIDR_MESSAGE)
        @ValidationRule(value = Cel.NO_HOST_BITS, message = Cel.NO_HOST_BITS_MESSAGE)
        @ValidationRule(value = Cel.FOR_PODS, message = Cel.FOR_PODS_MESSAGE)
        String cidr,
    @JsonPropertyDescription("Name of the node that owns the block.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(Cel.OBJECT_NAME)
        String node,
    @JsonPropertyDescription(
            "UID of that node: a node of the same name with another UID is another node, unless it"
                + " is the same running machine, whose UID the operator then writes here.")
        @Required
        @Size(min = 1, max = 64)
        String nodeUID,
    @JsonPropertyDescription("Name of the IPPool that the block was carved from.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(Cel.OBJECT_NAME)
        String pool,
    @JsonPropertyDescription(
            "Claimed: the node's agent serves the block, whose allocation was lost, and is to"
                + " keep it; it counts for nobody until the operator makes it Active. Active: the node"
                + " has the block. Draining: the node gives nothing new from it, and gives it back"
                + " when its last pod is gone. Left out: Active.")
        State state) {
  /** Whether its node has a block for good. */
  public enum State {
    /** Its node's agent claims it. */
    Claimed,
    /** The node has it. */
    Active,
    /** The node is to give it back. */
    Draining
  }

  /** The state that counts. */
  public State stateInForce() {
    return state == null ? State.Active : state;
  }
}
