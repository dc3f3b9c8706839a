// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.BitSet;
import java.util.Set;

/** The addresses of one block that pods may have, by their index in it. */
final class BlockAddresses {
  /** Of a larger block only the first 65,536 addresses are used. */
  private static final int MAX_INDEX_BITS = 16;

  private OwnBlock block;

  /** The part of the block that is used. */
  private final Cidr window;

  /** Bits of addresses that no pod gets: network, gateway, IPv4 broadcast, reserved ranges. */
  private BitSet excluded;

  /** Bits of addresses that pods have, also of those that no pod would get any more. */
  private final BitSet inUse;

  /** Indexes of free addresses, the longest free first. */
  private final IndexQueue free;

  /** The highest index that was ever taken, 0 at first. */
  private int highest;

  /**
   * A block that was not known before.
   *
   * @param taken addresses in use, of any block
   */
  BlockAddresses(OwnBlock block, Set<IpAddress> taken) {
    this.block = block;
    Cidr cidr = block.cidr();
    int prefixLength = Math.max(cidr.prefixLength(), cidr.family().bits() - MAX_INDEX_BITS);
    this.window = new Cidr(cidr.address(), prefixLength);
    this.free = new IndexQueue((int) window.size());
    this.excluded = new BitSet();
    excluded.set(0, (int) window.size());
    this.inUse = indexes(taken);
    highest = Math.max(0, inUse.length() - 1);
    update(block);
  }

  /**
   * Takes over what changed of the same block. What becomes free by it is allocated from behind the
   * highest index that was taken: an agent that was just started does not know which addresses were
   * freed seconds ago, and those that its predecessor allocated last are up there.
   */
  void update(OwnBlock changed) {
    block = changed;
    BitSet before = excluded;
    excluded = excludedOf(changed);
    int size = (int) window.size();
    for (int step = 1; step <= size; step++) {
      int index = (highest + step) % size;
      if (excluded.get(index)) {
        free.remove(index);
      } else if (before.get(index) && !inUse.get(index)) {
        free.append(index);
      }
    }
  }

  private BitSet indexes(Set<IpAddress> addresses) {
    BitSet bits = new BitSet();
    addresses.stream().filter(this::holds).mapToInt(this::index).forEach(bits::set);
    return bits;
  }

  private BitSet excludedOf(OwnBlock of) {
    BitSet bits = new BitSet();
    bits.set(0);
    exclude(bits, Cidr.host(of.gateway().address()));
    if (window.family() == Family.IPV4) {
      exclude(bits, Cidr.host(of.cidr().last()));
    }
    of.reserved().forEach(range -> exclude(bits, range));
    return bits;
  }

  private void exclude(BitSet bits, Cidr range) {
    if (range.contains(window)) {
      bits.set(0, (int) window.size());
    } else if (window.contains(range)) {
      int from = index(range.address());
      bits.set(from, from + (int) range.size());
    }
  }

  OwnBlock block() {
    return block;
  }

  /**
   * How many addresses pods may have, with those that pods have still and would not get any more.
   */
  int capacity() {
    return (int) window.size() - excluded.cardinality() + excludedInUse().cardinality();
  }

  private BitSet excludedInUse() {
    BitSet both = (BitSet) excluded.clone();
    both.and(inUse);
    return both;
  }

  int freeCount() {
    return free.size();
  }

  int highest() {
    return highest;
  }

  /** The index that was free for longest, or 0 if none is free. */
  int longestFree() {
    return free.first();
  }

  boolean isFree(int index) {
    return free.contains(index);
  }

  boolean isAllocatable(int index) {
    return !excluded.get(index);
  }

  /** Takes an index, whether it was free or not. */
  void take(int index) {
    free.remove(index);
    inUse.set(index);
    highest = Math.max(highest, index);
  }

  /** Frees an index, unless no pod may have it any more. */
  void free(int index) {
    inUse.clear(index);
    if (!excluded.get(index)) {
      free.append(index);
    }
  }

  IpAddress address(int index) {
    return window.address().plus(index);
  }

  /** Whether the address lies in the part of the block that is used. */
  boolean holds(IpAddress address) {
    return window.contains(address);
  }

  /** The index of an address that this block {@link #holds}. */
  int index(IpAddress address) {
    return (int) address.minus(window.address());
  }
}
