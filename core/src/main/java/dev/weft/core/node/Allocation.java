// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.Block;
import java.time.Instant;

/**
 * What of an IPAllocation an agent needs.
 *
 * @param name of the object
 * @param cidr the block
 * @param pool the name of its IPPool
 * @param owner the node that owns it
 * @param endpoint how the owner is reached
 * @param state whether the block is claimed, active or draining
 * @param generation of the object's spec: with each change of the state it is another
 * @param releasing whether the block is being released
 * @param created when the object was created: of overlapping blocks the oldest counts
 */
public record Allocation(
    String name,
    Cidr cidr,
    String pool,
    Owner owner,
    Endpoint endpoint,
    Block.State state,
    long generation,
    boolean releasing,
    Instant created) {
  /**
   * The node that owns a block.
   *
   * @param node its name
   * @param uid the UID of its Node object
   * @param machine which running machine it is; empty where it is not known
   */
  public record Owner(String node, String uid, Machine machine) {
    /**
     * Whether both are nodes of one name: a machine whose Node was lost, as by a restore of etcd,
     * is registered again with another UID.
     */
    boolean isSameNode(Owner other) {
      return node.equals(other.node);
    }
  }

  /**
   * The same, with the other's endpoint where none is reported of this, and both have one owner.
   */
  Allocation orEndpointOf(Allocation other) {
    boolean none = !endpoint.isKnown() && endpoint.refusal().isEmpty();
    boolean keep = none && owner.isSameNode(other.owner) && cidr.equals(other.cidr);
    return keep
        ? new Allocation(
            name, cidr, pool, owner, other.endpoint, state, generation, releasing, created)
        : this;
  }

  /**
   * The same, with the other's objects where owner or endpoint are equal: a cluster has thousands.
   *
   * @param other null for none
   */
  Allocation sharing(Allocation other) {
    if (other == null) {
      return this;
    }
    return new Allocation(
        name,
        cidr,
        pool,
        owner.equals(other.owner) ? other.owner : owner,
        endpoint.equals(other.endpoint) ? other.endpoint : endpoint,
        state,
        generation,
        releasing,
        created);
  }

  /** The same in another state. */
  Allocation in(Block.State newState) {
    return new Allocation(
        name, cidr, pool, owner, endpoint, newState, generation, releasing, created);
  }

  /** Whether its owner's agent only claims it: it counts for nobody. */
  boolean isClaim() {
    return state == Block.State.CLAIMED;
  }

  /** Whether a peer is reached just as by the other. */
  boolean isLike(Allocation other) {
    return owner.node().equals(other.owner.node())
        && cidr.equals(other.cidr)
        && endpoint.equals(other.endpoint)
        && releasing == other.releasing;
  }
}
