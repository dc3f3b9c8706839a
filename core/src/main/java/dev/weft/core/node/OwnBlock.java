// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * A block of this node.
 *
 * @param cidr the block
 * @param pool the name of its IPPool; empty where that is not known
 * @param gateway the block's address on the bridge: its second address, with its prefix length
 * @param reserved ranges of the pool that no pod gets, only those that overlap the block
 * @param routing how packets to it cross between nodes
 * @param generation of its IPAllocation's spec; 0 where that is not known
 * @param state its state
 * @param message why it is in that state, naming the objects; empty where it is active
 */
public record OwnBlock(
    Cidr cidr,
    String pool,
    InterfaceAddress gateway,
    List<Cidr> reserved,
    Routing routing,
    long generation,
    BlockState state,
    String message) {
  public OwnBlock {
    reserved = List.copyOf(reserved);
  }

  /** An active block of a pool that is not known. */
  public static OwnBlock of(Cidr cidr, List<Cidr> reserved) {
    List<Cidr> inside = reserved.stream().filter(cidr::overlaps).sorted().toList();
    InterfaceAddress gateway = new InterfaceAddress(gatewayOf(cidr), cidr.prefixLength());
    return new OwnBlock(cidr, "", gateway, inside, Routing.AUTO, 0, BlockState.ACTIVE, "");
  }

  /** A block's address on its node's bridge: its second. */
  public static IpAddress gatewayOf(Cidr block) {
    return block.address().plus(1);
  }

  /** The same block in another state. */
  public OwnBlock with(BlockState newState, String newMessage) {
    return new OwnBlock(cidr, pool, gateway, reserved, routing, generation, newState, newMessage);
  }

  /** The same block as one of the IPPool of this name. */
  public OwnBlock inPool(String name) {
    return new OwnBlock(cidr, name, gateway, reserved, routing, generation, state, message);
  }

  /** The same block of a pool with this routing. */
  public OwnBlock routed(Routing newRouting) {
    return new OwnBlock(cidr, pool, gateway, reserved, newRouting, generation, state, message);
  }

  /** The same block, by another generation of its IPAllocation. */
  public OwnBlock ofGeneration(long newGeneration) {
    return new OwnBlock(cidr, pool, gateway, reserved, routing, newGeneration, state, message);
  }

  /** Whether new pods get addresses from it. */
  public boolean isAllocatable() {
    return state == BlockState.ACTIVE;
  }

  /** Why the kernel does not serve it; empty where it does. */
  public Optional<Blocker> blocker() {
    return state.isProgrammed()
        ? Optional.empty()
        : Optional.of(new Blocker(state.reason(), message));
  }
}
