// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** What the operator reports of a pool. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IPPoolStatus(
    @JsonPropertyDescription(
            "The range in force: what agents act on, whatever spec.cidr is changed to. It follows"
                + " spec.cidr once that is accepted.")
        @Size(min = 4, max = 43)
        String cidr,
    @JsonPropertyDescription("The metadata.generation that this status is about.")
        Long observedGeneration,
    @JsonPropertyDescription("The block size in force, as a prefix length.")
        Integer nodePrefixLength,
    @JsonPropertyDescription("How many blocks the pool has.") Blocks blocks,
    @JsonPropertyDescription(
            "Addresses of the allocated blocks, as the agents report them; may lag.")
        Addresses addresses,
    @JsonPropertyDescription(
            "Accepted: spec.cidr is the range in force. Ready: blocks are allocated. Exhausted: no"
                + " block is left. Overlapping: the range overlaps another pool, a node's address or"
                + " a Service CIDR. Drained: every block of a pool that is Draining went back.")
        @Size(max = 16)
        List<Condition> conditions) {
  /** Whether the operator reports that spec.cidr overlaps nothing, a node's address neither. */
  public boolean overlapsNothing() {
    return conditions != null
        && conditions.stream()
            .filter(condition -> Conditions.OVERLAPPING.equals(condition.getType()))
            .anyMatch(condition -> "False".equals(condition.getStatus()));
  }

  /**
   * Blocks of the pool. Those of 2^63 and more count as 2^63 - 1.
   *
   * @param total how many blocks the range has, without the reserved ones
   * @param allocated how many of them belong to a node
   * @param free how many can still be allocated
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Blocks(
      @JsonPropertyDescription("Blocks of the range, without the reserved ones.") @Min(0)
          Long total,
      @JsonPropertyDescription("Blocks that belong to a node.") @Min(0) Long allocated,
      @JsonPropertyDescription("Blocks that can still be allocated.") @Min(0) Long free) {}
}
