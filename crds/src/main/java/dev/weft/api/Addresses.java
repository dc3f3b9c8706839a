// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A count of addresses.
 *
 * @param capacity how many can be handed out
 * @param used how many are
 * @param free how many are not
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Addresses(Long capacity, Long used, Long free) {}
