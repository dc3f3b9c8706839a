// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;

/** What the operator reports of a pool. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IPPoolStatus(
    Long observedGeneration,
    Integer nodePrefixLength,
    Blocks blocks,
    Addresses addresses,
    List<Condition> conditions) {
  /** Blocks of the pool. */
  public record Blocks(Long total, Long allocated, Long free) {}
}
