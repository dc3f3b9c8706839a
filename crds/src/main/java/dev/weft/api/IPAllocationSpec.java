// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * Who owns which block. Immutable.
 *
 * @param cidr the block
 * @param node name of the node that owns it
 * @param nodeUID UID of that node
 * @param pool name of the pool it was carved from
 */
@ValidationRule(
    value = "self == oldSelf",
    message = "spec never changes; delete this allocation and make another")
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
            "UID of that node: a node of the same name with another UID is another node.")
        @Required
        @Size(min = 1, max = 64)
        String nodeUID,
    @JsonPropertyDescription("Name of the IPPool that the block was carved from.")
        @Required
        @Size(min = 1, max = 253)
        @Pattern(Cel.OBJECT_NAME)
        String pool) {}
