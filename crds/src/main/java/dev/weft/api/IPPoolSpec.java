// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;

/**
 * What a user declares of a pool.
 *
 * @param cidr the whole range
 * @param nodePrefixLength size of the block that a node gets, in bits; null: 24 (IPv4), 64 (IPv6)
 * @param reserved ranges never allocated; null: none
 * @param nodeSelector which nodes draw from it; null: all
 * @param masquerade whether traffic that leaves all pools gets the node's address; null: true
 * @param state what is given out of the pool; null: {@link State#Active}
 * @param disabled deprecated in favour of state; true makes {@link State#NoNewBlocks} of {@link
 *     State#Active}
 * @param routing how packets to its blocks cross between nodes; null: {@link Routing#Auto}
 * @param maxBlocksPerNode how many blocks a node may have; null: {@value #MAX_BLOCKS_PER_NODE}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "has(self.nodePrefixLength) == has(oldSelf.nodePrefixLength) && (!has(self.nodePrefixLength)"
            + " || self.nodePrefixLength == oldSelf.nodePrefixLength)",
    message =
        "nodePrefixLength is fixed from the pool's creation, also where it was left out; make a"
            + " second pool for blocks of another size")
@ValidationRule(
    value =
        "!has(self.nodePrefixLength) || !isCIDR(self.cidr) || (cidr(self.cidr).ip().family() == 4 ?"
            + " self.nodePrefixLength <= 30 : self.nodePrefixLength >= 64)",
    message = "nodePrefixLength must be 8 to 30 for an IPv4 pool and 64 to 126 for an IPv6 pool")
@ValidationRule(
    value =
        "!isCIDR(self.cidr) || cidr(self.cidr).prefixLength() <= (has(self.nodePrefixLength) ?"
            + " self.nodePrefixLength : (cidr(self.cidr).ip().family() == 4 ? 24 : 64))",
    message =
        "cidr is smaller than one block; make cidr larger, or nodePrefixLength longer (where left"
            + " out it is 24 for IPv4 and 64 for IPv6)")
@ValidationRule(
    value =
        "!has(self.reserved) || !isCIDR(self.cidr) || self.reserved.all(r, !isCIDR(r) ||"
            + " cidr(self.cidr).containsCIDR(r))",
    message =
        "each range in reserved must lie inside cidr; correct or remove the one that does not")
@JsonIgnoreProperties(ignoreUnknown = true)
public record IPPoolSpec(
    @JsonPropertyDescription(
            "The whole range, IPv4 or IPv6, without host bits. It may be changed to any range that"
                + " holds the one in force, status.cidr: widened, and narrowed back.")
        @Required
        @Size(min = 4, max = 43)
        @ValidationRule(value = Cel.IS_CIDR, message = Cel.IS_CIDR_MESSAGE)
        @ValidationRule(value = Cel.NO_HOST_BITS, message = Cel.NO_HOST_BITS_MESSAGE)
        @ValidationRule(value = Cel.FOR_PODS, message = Cel.FOR_PODS_MESSAGE)
        String cidr,
    @JsonPropertyDescription(
            "Size of the block that a node gets, as a prefix length: 8 to 30 for IPv4 (24 where left"
                + " out), 64 to 126 for IPv6 (64 where left out). Fixed from the pool's creation.")
        @Min(8)
        @Max(126)
        Integer nodePrefixLength,
    @JsonPropertyDescription(
            "Ranges inside cidr that are never allocated: whole blocks, or addresses inside"
                + " blocks.")
        @Size(max = 64)
        @ValidationRule(
            value = "self.all(r, isCIDR(r) && string(cidr(r).masked()) == r)",
            message =
                "each range in reserved must be in canonical form without host bits, such as"
                    + " 10.244.0.0/24; one address is written as 10.244.0.1/32")
        List<@Size(min = 4, max = 43) String> reserved,
    @JsonPropertyDescription(
            "Which nodes draw from this pool, by their labels. Left out or empty: all.")
        LabelSelector nodeSelector,
    @JsonPropertyDescription(
            "Whether traffic to addresses outside all pools gets the node's own address as its"
                + " source. Left out: true.")
        @Default("true")
        Boolean masquerade,
    @JsonPropertyDescription(
            "Active: nodes get blocks. NoNewBlocks: nodes keep and use the blocks that they have."
                + " Draining: nodes get a block of another pool first, then theirs of this one give"
                + " nothing new and go back when their last pod is gone. Left out: Active.")
        @Default("Active")
        State state,
    @JsonPropertyDescription(
            "Deprecated: write state NoNewBlocks. While it is true, Active counts as NoNewBlocks.")
        Boolean disabled,
    @JsonPropertyDescription(
            "How packets to its blocks cross between nodes. Auto: by a route where both nodes are on"
                + " one link, else through a VXLAN tunnel. Direct: by a route only. VXLAN: always"
                + " through a tunnel. A path between two nodes follows the strictest of the pools"
                + " that either has blocks of: VXLAN, then Auto, then Direct.")
        @Default("Auto")
        Routing routing,
    @JsonPropertyDescription(
            "How many blocks of this pool one node may have, whatever its agent reports. Blocks that a"
                + " node has beyond it stay. Left out: 16.")
        @Min(1)
        @Max(1024)
        @Default("16")
        Integer maxBlocksPerNode) {
  /** The maxBlocksPerNode of a pool that has none. */
  public static final int MAX_BLOCKS_PER_NODE = 16;

  /** How packets to a pool's blocks cross between nodes. */
  public enum Routing {
    /** By a route where both nodes are on one link, else through a tunnel. */
    Auto,
    /** By a route only. */
    Direct,
    /** Always through a tunnel. */
    VXLAN
  }

  /** What is given out of a pool. */
  public enum State {
    /** Nodes get blocks. */
    Active,
    /** Nodes keep and use the blocks that they have, and get no more. */
    NoNewBlocks,
    /** Nodes get a block of another pool, then give theirs back as their pods end. */
    Draining
  }

  /** How many blocks a node may have, also where the field is left out. */
  public int maxBlocksInForce() {
    return maxBlocksPerNode == null ? MAX_BLOCKS_PER_NODE : maxBlocksPerNode;
  }

  /** The state that counts, whichever field has it. */
  public State stateInForce() {
    State active = Boolean.TRUE.equals(disabled) ? State.NoNewBlocks : State.Active;
    return state == null || state == State.Active ? active : state;
  }
}
