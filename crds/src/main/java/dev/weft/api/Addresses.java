// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;

/**
 * A count of addresses.
 *
 * @param capacity how many can be allocated
 * @param used how many are
 * @param free how many are not
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Addresses(
    @JsonPropertyDescription("How many addresses can be allocated.") @Min(0) Long capacity,
    @JsonPropertyDescription("How many addresses are in use.") @Min(0) Long used,
    @JsonPropertyDescription("How many addresses are not in use.") @Min(0) Long free) {}
