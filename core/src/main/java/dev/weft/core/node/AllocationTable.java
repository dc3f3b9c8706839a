// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.CidrSet;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.SpecialRanges;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.BlockOverlaps;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The IPAllocations and IPPools that lists and watches reported, and so what this node may use and
 * how it reaches the other nodes.
 *
 * <p>Events change it, {@link #view} only reads. It forgets nothing because one list lacks it: a
 * peer's route goes only after its block was seen being released, or with a new owner, or once the
 * list has been trusted and without it for the grace. The list is trusted while this node's own
 * blocks are in it. A block of this node that is lost or being released is not allocatable. Of
 * blocks that overlap the oldest counts, ties by name; one that is lost never counts against one
 * that is allocated. A claim that the operator has not accepted is no block: it is not let in. What
 * lies outside its pool's range in force changes nothing.
 *
 * <p>Holds one entry for each IPAllocation, and one for each block that was released or lost until
 * every list was trusted for the grace. Not thread-safe.
 */
public final class AllocationTable {
  /**
   * What is known of a block.
   *
   * @param lostNanos since when no list has it, by the monotonic clock; empty while it is listed
   * @param newOwner whether its owner was seen to change, and the new one's agent has not reported
   *     yet how it is reached
   * @param since the wall clock when it was first seen like this
   */
  private record Entry(
      Allocation allocation, OptionalLong lostNanos, boolean newOwner, Instant since) {
    boolean isLost() {
      return lostNanos.isPresent();
    }

    /** The same once the claim on it went without having been accepted. */
    Entry refused() {
      return new Entry(allocation.in(Block.State.DRAINING), lostNanos, newOwner, since);
    }

    boolean isOf(Allocation.Owner owner) {
      return !newOwner && allocation.owner().isSameNode(owner);
    }
  }

  private static final Comparator<Entry> PRECEDENCE =
      Comparator.comparing(Entry::isLost)
          .thenComparing(entry -> entry.allocation().created())
          .thenComparing(entry -> entry.allocation().name());

  /** States of remembered blocks that are another's now, or nobody's. */
  private static final Set<BlockState> NOT_KEPT =
      Set.of(BlockState.RELEASING, BlockState.OTHER_NODE, BlockState.GIVEN_BACK);

  /** States of blocks that no other node sends to, or that may keep an earlier UID for ever. */
  private static final Set<BlockState> NOT_TUNNELLED =
      Set.of(
          BlockState.RELEASING,
          BlockState.OTHER_NODE,
          BlockState.GIVEN_BACK,
          BlockState.OVERLAPPING);

  /** How many nodes may move at a time that are not left to a whole view. */
  private static final int FEW = 16;

  /** How long a new node waits for a block of each family after its first. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private final Duration orphanGrace;
  private final boolean newNode;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Set<Cidr> released = new HashSet<>();
  private final PoolTable pools = new PoolTable();
  private ThisNode node;
  private long nowNanos;

  /** Names of the listed allocations that this node owns. */
  private final Set<String> own = new HashSet<>();

  /** Names of the allocations that no list has any more. */
  private final Set<String> lost = new HashSet<>();

  /** Of the lost ones those whose owner's agent claims them: they are not forgotten meanwhile. */
  private final Set<String> claimed = new HashSet<>();

  /** By node, the block that was reported last: its others share what is equal. */
  private final Map<String, Allocation> lastOfNode = new HashMap<>();

  /** Names of the nodes that were reported with another endpoint since {@link #takeMoved}. */
  private final Set<String> moved = new HashSet<>();

  /** Since when without a break; empty while the list is not trusted. */
  private OptionalLong trustedSinceNanos = OptionalLong.empty();

  private OptionalLong firstBlockNanos = OptionalLong.empty();

  /**
   * An empty table.
   *
   * @param node the node whose blocks are its own, until {@link #setNode} knows more of it
   * @param orphanGrace how long a route to a block that no list names stays while the list is
   *     trusted
   * @param newNode whether the node has had no block before: it waits a moment for a block of each
   *     family that a pool selects it for, so that no pod comes between the first and the second
   * @param nowNanos a monotonic clock, of any origin: the wall clock may jump
   */
  public AllocationTable(ThisNode node, Duration orphanGrace, boolean newNode, long nowNanos) {
    this.node = node;
    this.orphanGrace = orphanGrace;
    this.newNode = newNode;
    this.nowNanos = nowNanos;
  }

  /**
   * Takes this node as its Node object describes it.
   *
   * @return whether it is another than before
   */
  public boolean setNode(ThisNode reported) {
    boolean changed = !reported.equals(node);
    node = reported;
    own.clear();
    entries.values().stream()
        .filter(this::isOwn)
        .forEach(entry -> own.add(entry.allocation().name()));
    ownChanged();
    return changed;
  }

  /**
   * Takes an allocation as a list or a watch reports it. One that was re-created for the same owner
   * keeps its endpoint until the owner's agent has reported it again. A claim that the operator has
   * not accepted changes nothing: of an allocation that was known before it is what its deletion
   * is.
   *
   * @param now the wall clock, for people to read
   * @return whether a view may be another than before
   */
  public boolean upsert(Allocation reported, Instant now) {
    Entry before = entries.get(reported.name());
    if (reported.isClaim()) {
      boolean listed = before != null && !before.isLost();
      if (listed) {
        delete(reported.name(), now);
      }
      if (entries.containsKey(reported.name()) && before.isOf(reported.owner())) {
        claimed.add(reported.name());
      } else {
        claimed.remove(reported.name());
      }
      return listed;
    }
    Allocation known = before == null ? reported : reported.orEndpointOf(before.allocation());
    Allocation allocation = known.sharing(lastOfNode.get(known.owner().node()));
    lastOfNode.put(allocation.owner().node(), allocation);
    boolean same = before != null && !before.isLost() && before.allocation().isLike(allocation);
    boolean wasReleased = released.remove(allocation.cidr());
    boolean changed = wasReleased || before != null && !before.isOf(allocation.owner());
    boolean newOwner = changed && !allocation.endpoint().isKnown();
    Entry entry =
        new Entry(allocation, OptionalLong.empty(), newOwner, same ? before.since() : now);
    put(entry);
    if (before != null && !before.allocation().endpoint().equals(allocation.endpoint())) {
      moved.add(allocation.owner().node());
    }
    return wasReleased || !entry.equals(before);
  }

  /**
   * Every block of the other nodes that were reported with another endpoint since the last call;
   * none where these are more than {@value #FEW}.
   */
  public List<Peer> takeMoved() {
    List<Peer> peers = new ArrayList<>();
    if (!moved.isEmpty() && moved.size() <= FEW) {
      CidrSet podsOnly = pools.podsOnly();
      for (Entry entry : entries.values()) {
        String owner = entry.allocation().owner().node();
        if (moved.contains(owner) && !owner.equals(node.name())) {
          peers.add(peer(entry, false, podsOnly));
        }
      }
    }
    moved.clear();
    return peers;
  }

  /**
   * Takes the event that an allocation is in the list no more. Where that was a claim which was not
   * accepted, an own block is claimed again only while pods have addresses of it.
   *
   * @param now the wall clock, for people to read
   */
  public void delete(String name, Instant now) {
    Entry before = entries.get(name);
    if (claimed.remove(name)) {
      put(before.refused());
      return;
    }
    if (before == null || before.isLost()) {
      return;
    }
    lastOfNode.remove(before.allocation().owner().node());
    if (before.allocation().releasing()) {
      entries.remove(name);
      released.add(before.allocation().cidr());
      own.remove(name);
      ownChanged();
    } else {
      OptionalLong lostNanos = OptionalLong.of(nowNanos);
      put(new Entry(before.allocation(), lostNanos, before.newOwner(), now));
    }
    pools.forgetUnused(this::isUsed);
  }

  /**
   * Takes the blocks that this node is remembered to have served, once every list is in: those that
   * no list has are lost, also those that were lost before and of which no claim was made yet. One
   * that was being released, or was not to be kept, is not this node's.
   *
   * @param now the wall clock, for people to read
   */
  public void remember(List<OwnBlock> blocks, Instant now) {
    for (OwnBlock block : blocks) {
      String name = block.cidr().objectName();
      if (NOT_KEPT.contains(block.state()) || entries.containsKey(name)) {
        continue;
      }
      Allocation allocation =
          new Allocation(
              name,
              block.cidr(),
              block.pool(),
              new Allocation.Owner(node.name(), node.uid(), node.machine()),
              Endpoint.UNKNOWN,
              block.state() == BlockState.DRAINING ? Block.State.DRAINING : Block.State.ACTIVE,
              0,
              false,
              now);
      put(new Entry(allocation, OptionalLong.of(nowNanos), false, now));
    }
  }

  /**
   * Takes a pool as a list or a watch reports it.
   *
   * @return whether a view may be another than before
   */
  public boolean upsertPool(PoolRange pool) {
    return pools.upsert(pool);
  }

  /**
   * Takes the event that a pool is gone, or is to go; it counts on while there is a block of it.
   */
  public void deletePool(String name) {
    pools.delete(name);
    pools.forgetUnused(this::isUsed);
  }

  /**
   * Takes the event that time has passed, with every watch open: to be called before each other
   * event and each view. What the trusted list has lacked for the grace is forgotten.
   */
  public void advance(long newNowNanos) {
    nowNanos = newNowNanos;
    if (isTrustedForGrace()) {
      released.clear();
      if (lost.removeIf(name -> isExpired(entries.get(name)) && entries.remove(name) != null)) {
        pools.forgetUnused(this::isUsed);
      }
    }
  }

  /**
   * Takes the event that time has passed in which the lists may have become old: no watch is open,
   * or this agent slept. Nothing is forgotten, and no orphan route goes, for a whole grace from
   * now.
   */
  public void listsMayBeOld(long newNowNanos) {
    nowNanos = newNowNanos;
    trustedSinceNanos = OptionalLong.empty();
    ownChanged();
  }

  /** What all of it means for this node, at the time of the last event. Changes nothing. */
  public ClusterView view() {
    boolean keepOthers = !isTrustedForGrace();
    Set<String> overlapping = overlapping();
    CidrSet podsOnly = pools.podsOnly();
    List<OwnBlock> blocks = new ArrayList<>();
    List<Peer> peers = new ArrayList<>();
    Set<String> uids = new TreeSet<>();
    for (Entry entry : entries.values()) {
      Allocation allocation = entry.allocation();
      boolean overlaps = overlapping.contains(allocation.name());
      if (allocation.owner().node().equals(node.name())) {
        OwnBlock block = ownBlock(entry, overlaps);
        blocks.add(block);
        if (!NOT_TUNNELLED.contains(block.state())) {
          uids.add(allocation.owner().uid());
        }
      } else {
        peers.add(peer(entry, overlaps, podsOnly));
      }
    }
    blocks.sort(Comparator.comparing(OwnBlock::cidr));
    peers.sort(Comparator.comparing(Peer::block));
    return new ClusterView(
        true,
        blocks,
        new Peers(peers, released, keepOthers),
        Optional.of(pools.masquerade(this::isUsed)),
        pending(blocks),
        node.addresses(),
        node.uid(),
        tunnelUid(uids));
  }

  /**
   * A Node that is registered again has another UID at once, its blocks when the operator has
   * written it into each. While one has an earlier UID, the MAC address follows that: then no block
   * is sent to by an address that the device does not have.
   */
  private String tunnelUid(Set<String> ofBlocks) {
    return ofBlocks.stream()
        .filter(uid -> !uid.isEmpty() && !uid.equals(node.uid()))
        .findFirst()
        .orElse(node.uid());
  }

  /**
   * The families that this node may yet get its first block of: none that it has no InternalIP of.
   * A block for an earlier Node of this name is not its own.
   */
  private Set<Family> pending(List<OwnBlock> blocks) {
    boolean settled =
        firstBlockNanos.isEmpty() || nowNanos - firstBlockNanos.getAsLong() >= SETTLING.toNanos();
    if (!newNode || settled) {
      return Set.of();
    }
    Set<Family> missing =
        node.addresses().stream().map(IpAddress::family).collect(Collectors.toSet());
    missing.retainAll(pools.families(node.labels()));
    blocks.stream()
        .filter(block -> block.state() != BlockState.OTHER_NODE)
        .forEach(block -> missing.remove(block.cidr().family()));
    return missing;
  }

  private void put(Entry entry) {
    String name = entry.allocation().name();
    entries.put(name, entry);
    if (entry.isLost()) {
      lost.add(name);
    } else {
      lost.remove(name);
      claimed.remove(name);
    }
    boolean changed = isOwn(entry) ? own.add(name) : own.remove(name);
    if (changed) {
      ownChanged();
    }
  }

  private boolean isOwn(Entry entry) {
    return !entry.isLost() && node.owns(entry.allocation().owner());
  }

  private void ownChanged() {
    if (own.isEmpty()) {
      trustedSinceNanos = OptionalLong.empty();
      return;
    }
    trustedSinceNanos = OptionalLong.of(trustedSinceNanos.orElse(nowNanos));
    firstBlockNanos = OptionalLong.of(firstBlockNanos.orElse(nowNanos));
  }

  private boolean isTrustedForGrace() {
    return trustedSinceNanos.isPresent() && isGraceOver(trustedSinceNanos.getAsLong());
  }

  private boolean isGraceOver(long sinceNanos) {
    return nowNanos - sinceNanos >= orphanGrace.toNanos();
  }

  /**
   * Whether an agent that had been restarted would not know of a lost peer's block any more. The
   * operator re-creates an allocation that was deleted by mistake well within the grace; one that
   * stays away was released while this agent did not see it.
   */
  private boolean isExpired(Entry entry) {
    return isGraceOver(entry.lostNanos().getAsLong())
        && !claimed.contains(entry.allocation().name())
        && !entry.allocation().owner().node().equals(node.name());
  }

  /** Whether a block is of the pool of this name. */
  private boolean isUsed(String pool) {
    return entries.values().stream().anyMatch(entry -> pool.equals(entry.allocation().pool()));
  }

  private OwnBlock ownBlock(Entry entry, boolean overlaps) {
    Allocation allocation = entry.allocation();
    OwnBlock block =
        OwnBlock.of(allocation.cidr(), pools.reserved(allocation.pool()))
            .inPool(allocation.pool())
            .routed(pools.routing(allocation.pool()))
            .ofGeneration(allocation.generation());
    if (entry.isLost()) {
      boolean kept =
          !overlaps
              && allocation.state() != Block.State.DRAINING
              && pools.isListed(allocation.pool())
              && pools.mayHold(allocation.pool(), allocation.cidr());
      return block.with(
          kept ? BlockState.DELETED : BlockState.GIVEN_BACK,
          "IPAllocation " + allocation.name() + " was deleted");
    }
    if (!node.owns(allocation.owner())) {
      return block.with(
          BlockState.OTHER_NODE,
          "IPAllocation %s is for a Node %s of another UID (%s) and another running machine"
              .formatted(allocation.name(), node.name(), allocation.owner().uid()));
    }
    if (allocation.releasing()) {
      return block.with(
          BlockState.RELEASING, "IPAllocation " + allocation.name() + " is being released");
    }
    if (overlaps) {
      return block.with(
          BlockState.OVERLAPPING, "IPAllocation " + allocation.name() + " overlaps an older one");
    }
    if (allocation.state() == Block.State.DRAINING
        && pools.mayHold(allocation.pool(), allocation.cidr())) {
      return block.with(
          BlockState.DRAINING,
          "IPAllocation %s is Draining: the node gives the block back when no pod has an address of"
                  .formatted(allocation.name())
              + " it");
    }
    Optional<Cidr> special = SpecialRanges.overlapping(allocation.cidr());
    if (special.isPresent()) {
      return block.with(
          BlockState.UNUSABLE_RANGE,
          "%s overlaps %s, which can never be pods'".formatted(allocation.cidr(), special.get()));
    }
    if (!pools.mayHold(allocation.pool(), allocation.cidr())) {
      return block.with(
          BlockState.NOT_IN_POOL,
          "%s lies outside the range in force (status.cidr) of IPPool %s"
              .formatted(allocation.cidr(), allocation.pool()));
    }
    return block;
  }

  private Peer peer(Entry entry, boolean overlaps, CidrSet podsOnly) {
    Allocation allocation = entry.allocation();
    Peer.State state = Peer.State.LISTED;
    if (allocation.releasing()) {
      state = Peer.State.RELEASING;
    } else if (overlaps) {
      state = Peer.State.OVERLAPPING;
    } else if (!pools.mayHold(allocation.pool(), allocation.cidr())) {
      state = Peer.State.NOT_IN_POOL;
    } else if (entry.newOwner()) {
      state = Peer.State.NEW_OWNER;
    } else if (entry.isLost()) {
      state = Peer.State.LOST;
    }
    return new Peer(
        allocation.owner().node(),
        allocation.cidr(),
        allocation.endpoint().outside(podsOnly),
        pools.routing(allocation.pool()),
        state,
        entry.since());
  }

  /**
   * Names of the allocations that overlap one that takes precedence. CIDRs overlap only where one
   * contains the other, so the neighbours in the order of first addresses suffice.
   */
  private Set<String> overlapping() {
    return BlockOverlaps.losers(entries.values(), entry -> entry.allocation().cidr(), PRECEDENCE)
        .keySet()
        .stream()
        .map(entry -> entry.allocation().name())
        .collect(Collectors.toSet());
  }
}
