// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.SpecialRanges;
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
 * Every block that some list told of, and so what this node may use and how it reaches the others.
 *
 * <p>It is fed by what a watch tells and forgets nothing on the word of a list that lacks it: a
 * peer's route goes only after its block was seen being released, or with a new owner, or once the
 * list has been believable and without it for the grace. A block of this node that is lost or being
 * released gives nothing new out. Of blocks that overlap the oldest counts, ties by name; a lost
 * one never counts against one that is listed.
 *
 * <p>Holds one entry for each IPAllocation, and one for each block that was released or lost until
 * every list was believable for the grace. Not safe for use by many threads.
 */
public final class AllocationTable {
  /**
   * What is known of a block.
   *
   * @param newOwner whether its owner was seen to change, and the new one's agent has told nothing
   *     yet of how it is reached
   */
  private record Entry(Allocation allocation, boolean lost, boolean newOwner, Instant since) {
    boolean isOf(Allocation.Owner owner) {
      return !newOwner && allocation.owner().isSameNode(owner);
    }
  }

  private static final Comparator<Entry> PRECEDENCE =
      Comparator.comparing(Entry::lost)
          .thenComparing(entry -> entry.allocation().created())
          .thenComparing(entry -> entry.allocation().name());

  /** How long a new node waits for a block of each family after its first. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private final Duration orphanGrace;
  private final boolean newcomer;
  private final Map<String, Entry> entries = new HashMap<>();
  private final Set<Cidr> released = new HashSet<>();
  private final Map<String, Long> lostSinceNanos = new HashMap<>(); // peers, by allocation
  private final PoolTable pools = new PoolTable();

  /** Since when without a break; empty while the list is not believable. */
  private OptionalLong believableSinceNanos = OptionalLong.empty();

  private OptionalLong firstBlockNanos = OptionalLong.empty();

  /**
   * An empty table.
   *
   * @param orphanGrace how long a route to a block that no list tells of stays while the list is
   *     believable: while this node's own blocks are in it
   * @param newcomer whether the node has had no block before: it waits a moment for a block of each
   *     family that a pool selects it for, so that no pod comes between the first and the second
   */
  public AllocationTable(Duration orphanGrace, boolean newcomer) {
    this.orphanGrace = orphanGrace;
    this.newcomer = newcomer;
  }

  /**
   * Takes an allocation as a list or a watch tells it. One that was made anew for the same owner
   * keeps its endpoint until the owner's agent has told it again.
   *
   * @param now the wall clock, for people to read
   * @return whether a view may be another than before
   */
  public boolean upsert(Allocation told, Instant now) {
    Entry before = entries.get(told.name());
    Allocation allocation = before == null ? told : told.orEndpointOf(before.allocation());
    boolean same = before != null && !before.lost() && before.allocation().isLike(allocation);
    boolean released = this.released.remove(allocation.cidr());
    lostSinceNanos.remove(allocation.name());
    boolean changed = released || before != null && !before.isOf(allocation.owner());
    boolean newOwner = changed && allocation.endpoint().isEmpty();
    Entry entry = new Entry(allocation, false, newOwner, same ? before.since() : now);
    entries.put(allocation.name(), entry);
    return released || !entry.equals(before);
  }

  /**
   * Takes the news that an allocation is in the list no more.
   *
   * @param now the wall clock, for people to read
   */
  public void delete(String name, Instant now) {
    Entry before = entries.get(name);
    if (before == null || before.lost()) {
      return;
    }
    if (before.allocation().releasing()) {
      entries.remove(name);
      released.add(before.allocation().cidr());
    } else {
      entries.put(name, new Entry(before.allocation(), true, before.newOwner(), now));
    }
  }

  /**
   * Takes a pool as a list or a watch tells it.
   *
   * @return whether a view may be another than before
   */
  public boolean upsertPool(PoolRange pool) {
    return pools.upsert(pool);
  }

  /** Takes the news that a pool is gone; it counts on while a block lies in it. */
  public void deletePool(String name) {
    pools.delete(name);
  }

  /**
   * Takes the news that the lists may be old: no watch is open, or this agent slept. Nothing is
   * forgotten, and no orphan route goes, for a whole grace from now.
   */
  public void listsMayBeOld() {
    believableSinceNanos = OptionalLong.empty();
    lostSinceNanos.clear();
  }

  /**
   * What all of it means for a node.
   *
   * @param nowNanos a clock that only grows, of any origin: the wall clock may jump
   */
  public ClusterView view(ThisNode node, long nowNanos) {
    boolean keepOthers = keepOthers(isBelievable(node), nowNanos);
    forgetLostPeers(node, keepOthers, nowNanos);
    pools.forgetUnused(entries.values().stream().map(e -> e.allocation().cidr()).toList());
    Set<String> overlapping = overlapping();
    List<OwnBlock> blocks = new ArrayList<>();
    List<Peer> peers = new ArrayList<>();
    for (Entry entry : entries.values()) {
      Allocation allocation = entry.allocation();
      boolean overlaps = overlapping.contains(allocation.name());
      if (allocation.owner().node().equals(node.name())) {
        blocks.add(ownBlock(entry, overlaps, node));
      } else {
        peers.add(peer(entry, overlaps));
      }
    }
    blocks.sort(Comparator.comparing(OwnBlock::cidr));
    peers.sort(Comparator.comparing(Peer::block));
    return new ClusterView(
        true,
        blocks,
        new Peers(peers, released, keepOthers),
        Optional.of(pools.rules()),
        awaited(node, blocks, nowNanos),
        node.addresses(),
        node.uid());
  }

  /** A node gets no block of a family that it has no InternalIP of. */
  private Set<Family> awaited(ThisNode node, List<OwnBlock> blocks, long nowNanos) {
    Set<Family> missing =
        node.addresses().stream().map(IpAddress::family).collect(Collectors.toSet());
    missing.retainAll(pools.families(node.labels()));
    blocks.forEach(block -> missing.remove(block.cidr().family()));
    if (!newcomer || blocks.isEmpty()) {
      return Set.of();
    }
    long first = firstBlockNanos.orElse(nowNanos);
    firstBlockNanos = OptionalLong.of(first);
    return nowNanos - first < SETTLING.toNanos() ? missing : Set.of();
  }

  private boolean isBelievable(ThisNode node) {
    return entries.values().stream()
        .anyMatch(entry -> !entry.lost() && node.owns(entry.allocation().owner()));
  }

  /**
   * Forgets what an agent would not know that had been restarted when it was lost. The operator
   * makes an allocation that was deleted by mistake again well within the grace; one that stays
   * away was released while this agent did not see it.
   */
  private void forgetLostPeers(ThisNode node, boolean keepOthers, long nowNanos) {
    List<Entry> lost =
        entries.values().stream()
            .filter(Entry::lost)
            .filter(entry -> !entry.allocation().owner().node().equals(node.name()))
            .toList();
    for (Entry entry : lost) {
      String name = entry.allocation().name();
      long since = lostSinceNanos.computeIfAbsent(name, any -> nowNanos);
      if (!keepOthers && nowNanos - since >= orphanGrace.toNanos()) {
        entries.remove(name);
        lostSinceNanos.remove(name);
      }
    }
  }

  private boolean keepOthers(boolean believable, long nowNanos) {
    long since = believableSinceNanos.orElse(nowNanos);
    believableSinceNanos = believable ? OptionalLong.of(since) : OptionalLong.empty();
    boolean keep = !believable || nowNanos - since < orphanGrace.toNanos();
    if (!keep) {
      released.clear();
    }
    return keep;
  }

  private OwnBlock ownBlock(Entry entry, boolean overlaps, ThisNode node) {
    Allocation allocation = entry.allocation();
    OwnBlock block = OwnBlock.of(allocation.cidr(), pools.reserved());
    if (entry.lost()) {
      return block.with(BlockState.DELETED, "IPAllocation " + allocation.name() + " was deleted");
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
    Optional<Cidr> special = SpecialRanges.overlapping(allocation.cidr());
    if (special.isPresent()) {
      return block.with(
          BlockState.UNUSABLE_RANGE,
          "%s overlaps %s, which can never be pods'".formatted(allocation.cidr(), special.get()));
    }
    return pools
        .disabled(allocation.cidr())
        .map(pool -> block.with(BlockState.DISABLED, "IPPool " + pool.name() + " is disabled"))
        .orElse(block);
  }

  private static Peer peer(Entry entry, boolean overlaps) {
    Allocation allocation = entry.allocation();
    Peer.State state = Peer.State.LISTED;
    if (allocation.releasing()) {
      state = Peer.State.RELEASING;
    } else if (overlaps) {
      state = Peer.State.OVERLAPPING;
    } else if (entry.newOwner()) {
      state = Peer.State.NEW_OWNER;
    } else if (entry.lost()) {
      state = Peer.State.LOST;
    }
    return new Peer(
        allocation.owner().node(), allocation.cidr(), allocation.endpoint(), state, entry.since());
  }

  /**
   * Names of the allocations that overlap one that takes precedence. CIDRs overlap only where one
   * contains the other, so the neighbours in the order of first addresses tell.
   */
  private Set<String> overlapping() {
    TreeSet<Cidr> taken = new TreeSet<>();
    return entries.values().stream()
        .sorted(PRECEDENCE)
        .filter(entry -> !claim(taken, entry.allocation().cidr()))
        .map(entry -> entry.allocation().name())
        .collect(Collectors.toSet());
  }

  private static boolean claim(TreeSet<Cidr> taken, Cidr cidr) {
    Cidr before = taken.floor(cidr);
    Cidr after = taken.ceiling(cidr);
    boolean free =
        (before == null || !before.overlaps(cidr)) && (after == null || !after.overlaps(cidr));
    return free && taken.add(cidr);
  }
}
