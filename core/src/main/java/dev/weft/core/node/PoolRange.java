// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.Optional;

/**
 * The part of an IPPool that an agent needs.
 *
 * @param name of the object
 * @param declared the range that its user wrote
 * @param inForce the range that the operator accepted; empty where it accepted none
 * @param decided whether the operator has decided on it: a pool that was just made, or whose status
 *     was lost, is not decided on
 * @param reserved ranges that no pod gets
 * @param masquerade whether traffic that leaves all pools gets the node's address
 * @param nodeSelector which nodes get blocks of it
 * @param active whether nodes get new blocks of it
 * @param routing how packets to its blocks cross between nodes
 * @param podsOnly whether the operator reports that no node's address lies in the declared range
 */
public record PoolRange(
    String name,
    Cidr declared,
    Optional<Cidr> inForce,
    boolean decided,
    List<Cidr> reserved,
    boolean masquerade,
    Selector nodeSelector,
    boolean active,
    Routing routing,
    boolean podsOnly) {
  public PoolRange {
    reserved = List.copyOf(reserved);
  }

  /** One whose routing is {@link Routing#AUTO}, and that may hold nodes' addresses. */
  public PoolRange(
      String name,
      Cidr declared,
      Optional<Cidr> inForce,
      boolean decided,
      List<Cidr> reserved,
      boolean masquerade,
      Selector nodeSelector,
      boolean active) {
    this(
        name,
        declared,
        inForce,
        decided,
        reserved,
        masquerade,
        nodeSelector,
        active,
        Routing.AUTO,
        false);
  }

  /** The same, with the range in force that was known before its status was lost. */
  PoolRange orRangeOf(PoolRange before) {
    return decided || !before.decided
        ? this
        : new PoolRange(
            name,
            declared,
            before.inForce,
            true,
            reserved,
            masquerade,
            nodeSelector,
            active,
            routing,
            podsOnly);
  }

  /** Whether a block may be one of it. Until the operator has decided, what lies in it may be. */
  boolean mayHold(Cidr block) {
    return decided
        ? inForce.filter(range -> range.contains(block)).isPresent()
        : declared.contains(block);
  }
}
