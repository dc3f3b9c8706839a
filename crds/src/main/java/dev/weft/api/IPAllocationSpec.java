// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

/**
 * Who owns which block. Immutable.
 *
 * @param cidr the block
 * @param node name of the node that owns it
 * @param nodeUID UID of that node
 * @param pool name of the pool it was carved from
 */
public record IPAllocationSpec(String cidr, String node, String nodeUID, String pool) {}
