// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.NodeSelector;
import java.util.List;

/**
 * The part of an IPPool that an agent needs.
 *
 * @param name of the object
 * @param cidr the whole range
 * @param reserved ranges that no pod gets
 * @param masquerade whether traffic that leaves all pools gets the node's address
 * @param nodeSelector which nodes get blocks of it
 * @param disabled whether it is not allocatable
 */
public record PoolRange(
    String name,
    Cidr cidr,
    List<Cidr> reserved,
    boolean masquerade,
    NodeSelector nodeSelector,
    boolean disabled) {
  public PoolRange {
    reserved = List.copyOf(reserved);
  }
}
