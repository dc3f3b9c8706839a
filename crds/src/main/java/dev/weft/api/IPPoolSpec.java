// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;

/**
 * What a user declares of a pool.
 *
 * @param cidr the whole range
 * @param nodePrefixLength size of the block that a node gets, in bits; null: 24 (IPv4), 64 (IPv6)
 * @param reserved ranges never handed out; null: none
 * @param nodeSelector which nodes draw from it; null: all
 * @param masquerade whether traffic that leaves all pools gets the node's address; null: true
 * @param disabled whether nothing new is handed out; null: false
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IPPoolSpec(
    String cidr,
    Integer nodePrefixLength,
    List<String> reserved,
    LabelSelector nodeSelector,
    Boolean masquerade,
    Boolean disabled) {}
