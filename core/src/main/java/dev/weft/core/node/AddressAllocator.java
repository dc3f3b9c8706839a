// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressException.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which of a node's addresses are in use, and which comes next. Not thread-safe.
 *
 * <p>Addresses are allocated round robin: one that was just freed is the last of its block to be
 * allocated again, and after a restart those behind the highest in use come first. With several
 * blocks of a family the first that has a free address serves, so that a surplus block empties; an
 * order of pools that the request has comes before that. A pod gets one address of each family,
 * with the same index in their blocks where that is free, or it gets none.
 *
 * <p>Addresses in use are remembered also while no block holds them: blocks may become known later
 * than the pods, and may be lost before them.
 */
public final class AddressAllocator {
  /** In the order in which they serve. */
  private List<BlockAddresses> blocks = List.of();

  /** The same by their first addresses: no two of them overlap. */
  private final NavigableMap<IpAddress, BlockAddresses> byAddress = new TreeMap<>();

  private final Map<Family, List<BlockAddresses>> byFamily = new EnumMap<>(Family.class);
  private final Map<IpAddress, AddressStatus> taken = new HashMap<>();

  /**
   * Sets the blocks to allocate addresses from; what is in use stays so. Of blocks that overlap
   * only one is taken: the first that is allocatable, else the first.
   */
  public void setBlocks(List<OwnBlock> wanted) {
    Map<Cidr, BlockAddresses> known =
        blocks.stream().collect(Collectors.toMap(have -> have.block().cidr(), have -> have));
    byAddress.clear();
    Stream.concat(
            wanted.stream().filter(OwnBlock::isAllocatable),
            wanted.stream().filter(block -> !block.isAllocatable()))
        .filter(block -> !overlapsOne(block.cidr()))
        .forEach(
            block -> byAddress.put(block.cidr().address(), held(known.get(block.cidr()), block)));
    blocks =
        wanted.stream()
            .map(block -> byAddress.get(block.cidr().address()))
            .filter(Objects::nonNull)
            .distinct()
            .toList();
    byFamily.clear();
    for (BlockAddresses have : blocks) {
      byFamily.computeIfAbsent(have.block().cidr().family(), f -> new ArrayList<>()).add(have);
    }
  }

  private BlockAddresses held(BlockAddresses known, OwnBlock block) {
    if (known == null) {
      return new BlockAddresses(block, taken.keySet());
    }
    if (!known.block().equals(block)) {
      known.update(block);
    }
    return known;
  }

  /** Of two ranges that overlap one holds the other. */
  private boolean overlapsOne(Cidr range) {
    Map.Entry<IpAddress, BlockAddresses> last = byAddress.floorEntry(range.last());
    return last != null && last.getValue().block().cidr().overlaps(range);
  }

  /**
   * Allocates a pod's addresses.
   *
   * @return one for each family, IPv4 first
   * @throws AddressException if it cannot have one of each; then nothing was taken
   */
  public List<AllocatedAddress> allocate(AddressRequest request) throws AddressException {
    if (blocks.isEmpty()) {
      throw new AddressException(Reason.NO_BLOCK, "this node has no block of addresses");
    }
    Map<Family, List<BlockAddresses>> serving = serving(request);
    Map<Family, Slot> slots = new EnumMap<>(Family.class);
    for (IpAddress address : request.requested()) {
      if (slots.put(address.family(), slotOf(address, request)) != null) {
        throw notOurs("two addresses of one family were requested: " + request.requested());
      }
    }
    for (Family family : serving.keySet()) {
      if (!slots.containsKey(family)) {
        int twin = slots.isEmpty() ? 0 : slots.values().iterator().next().index();
        slots.put(family, nextSlot(serving.get(family), twin));
      }
    }
    List<AllocatedAddress> allocated = new ArrayList<>(slots.size());
    for (Slot slot : slots.values()) {
      claim(List.of(slot.address()));
      allocated.add(slot.allocated());
    }
    return allocated;
  }

  /** The blocks that may serve a request, of each family that it is to get an address of. */
  private Map<Family, List<BlockAddresses>> serving(AddressRequest request)
      throws AddressException {
    Map<Family, List<BlockAddresses>> serving =
        request.pools().isEmpty() ? byFamily : ofPools(request.pools());
    for (Family family : request.families()) {
      if (!serving.containsKey(family)) {
        throw noBlock(name(family) + " addresses", request.pools());
      }
    }
    if (serving.isEmpty()) {
      throw noBlock("addresses", request.pools());
    }
    if (request.families().isEmpty()) {
      return serving;
    }
    Map<Family, List<BlockAddresses>> wanted = new EnumMap<>(serving);
    wanted.keySet().retainAll(request.families());
    return wanted;
  }

  private Map<Family, List<BlockAddresses>> ofPools(List<String> pools) {
    Map<Family, List<BlockAddresses>> found = new EnumMap<>(Family.class);
    for (String pool : pools) {
      for (BlockAddresses have : blocks) {
        if (have.block().pool().equals(pool)) {
          found
              .computeIfAbsent(have.block().cidr().family(), family -> new ArrayList<>())
              .add(have);
        }
      }
    }
    return found;
  }

  private static AddressException noBlock(String of, List<String> pools) {
    String inPools = pools.isEmpty() ? "" : " in IPPool " + String.join(", ", pools);
    return new AddressException(
        Reason.NO_BLOCK, "this node has no block of %s%s".formatted(of, inPools));
  }

  private Slot slotOf(IpAddress address, AddressRequest request) throws AddressException {
    BlockAddresses have = holderOf(address);
    if (have == null) {
      throw notOurs(
          "address %s is not among those that pods of this node may have (%s)"
              .formatted(address, names(blocks)));
    }
    refuseOutside(request, address, have);
    int index = have.index(address);
    if (!have.isAllocatable(index)) {
      throw notOurs(
          "address %s of block %s is reserved: no pod may have it"
              .formatted(address, have.block().cidr()));
    }
    if (taken.containsKey(address)) {
      throw new AddressException(Reason.TAKEN, "address " + address + " is in use");
    }
    if (!have.block().isAllocatable()) {
      throw notAllocatable(List.of(have));
    }
    return new Slot(have, index);
  }

  private static void refuseOutside(AddressRequest request, IpAddress address, BlockAddresses have)
      throws AddressException {
    if (!request.families().isEmpty() && !request.families().contains(address.family())) {
      throw notOurs(
          "address %s is %s, and the pod is to get %s only"
              .formatted(address, name(address.family()), names(request.families())));
    }
    String pool = have.block().pool();
    if (!request.pools().isEmpty() && !request.pools().contains(pool)) {
      throw notOurs(
          "address %s of block %s is of IPPool %s, and the pod is to get addresses of %s only"
              .formatted(address, have.block().cidr(), pool, String.join(", ", request.pools())));
    }
  }

  private static Slot nextSlot(List<BlockAddresses> serving, int twin) throws AddressException {
    for (BlockAddresses have : serving) {
      if (have.block().isAllocatable() && have.isFree(twin)) {
        return new Slot(have, twin);
      }
    }
    for (BlockAddresses have : serving) {
      if (have.block().isAllocatable() && have.freeCount() > 0) {
        return new Slot(have, have.longestFree());
      }
    }
    throw nothingFree(serving);
  }

  private static AddressException nothingFree(List<BlockAddresses> serving) {
    List<BlockAddresses> active =
        serving.stream().filter(have -> have.block().isAllocatable()).toList();
    if (active.isEmpty()) {
      return notAllocatable(serving);
    }
    int capacity = active.stream().mapToInt(BlockAddresses::capacity).sum();
    return new AddressException(
        Reason.FULL,
        "no free address in %s: all %d are in use; a pod that ends makes room, a wider or further IPPool more"
            .formatted(names(active), capacity));
  }

  /** Marks addresses as in use, whether a block holds them or not. */
  public void claim(Collection<IpAddress> addresses) {
    for (IpAddress address : addresses) {
      taken.put(address, AddressStatus.ASSIGNED);
      BlockAddresses holder = holderOf(address);
      if (holder != null) {
        holder.take(holder.index(address));
      }
    }
  }

  /** Marks addresses in use as being removed: nobody gets them until they are released. */
  public void quarantine(Collection<IpAddress> addresses) {
    for (IpAddress address : addresses) {
      taken.replace(address, AddressStatus.RELEASING);
    }
  }

  /** Frees addresses; those that are not in use stay as they are. */
  public void release(Collection<IpAddress> addresses) {
    for (IpAddress address : addresses) {
      BlockAddresses holder = holderOf(address);
      if (taken.remove(address) != null && holder != null) {
        holder.free(holder.index(address));
      }
    }
  }

  /** The gateway of the block that holds an address, with the block's prefix length. */
  public Optional<InterfaceAddress> gatewayOf(IpAddress address) {
    return blockOf(address).map(have -> have.block().gateway());
  }

  /** How far each block is used, in their order. */
  public List<BlockUsage> usage() {
    return blocks.stream()
        .map(have -> new BlockUsage(have.block().cidr(), have.capacity(), have.freeCount()))
        .toList();
  }

  /**
   * Every address of each block's head up to the highest that is or was in use, reserved ones left
   * out; and every other address in use.
   *
   * @param head how many addresses of each block are listed though they are free
   */
  public Map<IpAddress, AddressStatus> list(int head) {
    Map<IpAddress, AddressStatus> list = new TreeMap<>(taken);
    for (BlockAddresses have : blocks) {
      for (int index = 1; index <= Math.min(head, have.highest()); index++) {
        if (have.isFree(index)) {
          list.put(have.address(index), AddressStatus.FREE);
        }
      }
    }
    return list;
  }

  /** The block that an address lies in. */
  private Optional<BlockAddresses> blockOf(IpAddress address) {
    return Optional.ofNullable(byAddress.floorEntry(address))
        .map(Map.Entry::getValue)
        .filter(have -> have.block().cidr().contains(address));
  }

  /** The block that has an address among those that it uses; null where none does. */
  private BlockAddresses holderOf(IpAddress address) {
    return blockOf(address).filter(have -> have.holds(address)).orElse(null);
  }

  private static AddressException notOurs(String message) {
    return new AddressException(Reason.NOT_OURS, message);
  }

  private static AddressException notAllocatable(List<BlockAddresses> blocks) {
    String why =
        blocks.stream()
            .map(have -> have.block().cidr() + ": " + have.block().message())
            .collect(Collectors.joining("; "));
    return new AddressException(Reason.NO_BLOCK, "no block allocates addresses: " + why);
  }

  private static String name(Family family) {
    return "IPv" + family.version();
  }

  private static String names(Set<Family> families) {
    return families.stream().map(AddressAllocator::name).sorted().collect(Collectors.joining(", "));
  }

  private static String names(List<BlockAddresses> blocks) {
    return blocks.stream()
        .map(have -> have.block().cidr().toString())
        .collect(Collectors.joining(", "));
  }

  private record Slot(BlockAddresses block, int index) {
    IpAddress address() {
      return block.address(index);
    }

    AllocatedAddress allocated() {
      return new AllocatedAddress(address(), block.block().gateway());
    }
  }
}
