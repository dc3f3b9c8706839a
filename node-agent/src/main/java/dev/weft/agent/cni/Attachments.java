// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressAllocator;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.AddressRequest;
import dev.weft.core.node.AllocatedAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.HostPortClaims;
import dev.weft.core.node.HostPortException;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PortMapping;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's attachments and whose each address is: a copy of what the aliases of the kernel's
 * links hold, rebuilt from a dump of them. Thread-safe.
 *
 * <p>An ADD or DEL works on an attachment under its {@link AttachmentLock}. The reconcile loop
 * compares the table with the kernel in an {@link Observation}, which leaves alone what a call
 * touches meanwhile. No lock of the table is held across a kernel call.
 */
public final class Attachments {
  private static final Logger log = LoggerFactory.getLogger(Attachments.class);

  /** How many addresses of each block are listed though they are free. */
  private static final int LISTED_HEAD = 1024;

  /** How many calls wait for locks at a time, where the agent does not set it. */
  private static final int WAITING = 8;

  private enum State {
    ADDING,
    PRESENT,
    REMOVING
  }

  private final AttachmentLocks locks;
  private final AddressAllocator allocator = new AddressAllocator();
  private final Map<AttachmentKey, Entry> entries = new HashMap<>();
  private final Set<Observation> observations = new HashSet<>();

  /** Addresses that pods have no longer and nobody gets yet, and since when, by nano time. */
  private final Map<IpAddress, Long> cooling = new HashMap<>();

  private volatile Cooldown cooldown = Cooldown.NONE;

  /** None yet. */
  public Attachments() {
    this(WAITING);
  }

  /**
   * None yet.
   *
   * @param waiting how many calls may wait for locks at a time, each on a thread that serves calls
   */
  public Attachments(int waiting) {
    locks = new AttachmentLocks(waiting);
  }

  /** Sets the blocks that addresses are allocated from; what is in use stays so. */
  public synchronized void setBlocks(List<OwnBlock> blocks) {
    allocator.setBlocks(blocks);
  }

  /** Has addresses that pods have no longer cool down from now on, before others get them. */
  public void setCooldown(Cooldown rule) {
    cooldown = rule;
  }

  /** Frees what has cooled down; to be called every second or so where any address has not. */
  public synchronized void freeCooled() {
    long now = System.nanoTime();
    boolean inForce = cooldown.isInForce();
    freeCooled(since -> !inForce || now - since > Cooldown.TIME.toNanos());
  }

  /** How many addresses cool down. */
  public synchronized int coolingCount() {
    return cooling.size();
  }

  /** Returns whether any is free now that was not. */
  private boolean freeCooled(LongPredicate due) {
    List<IpAddress> free =
        cooling.entrySet().stream()
            .filter(entry -> due.test(entry.getValue()))
            .map(Map.Entry::getKey)
            .filter(address -> !cooldown.isKnown(address))
            .toList();
    cooling.keySet().removeAll(free);
    allocator.release(free);
    return !free.isEmpty();
  }

  private void release(Collection<IpAddress> addresses) {
    if (!cooldown.isInForce()) {
      cooling.keySet().removeAll(addresses);
      allocator.release(addresses);
      return;
    }
    allocator.quarantine(addresses);
    addresses.forEach(address -> cooling.put(address, System.nanoTime()));
  }

  /** Where no other is free, one that cools down for the time alone is as good as any. */
  private List<AllocatedAddress> allocate(AddressRequest request) throws AddressException {
    try {
      return allocator.allocate(request);
    } catch (AddressException e) {
      if (e.reason() == AddressException.Reason.NO_BLOCK || !freeCooled(since -> true)) {
        throw e;
      }
      return allocator.allocate(request);
    }
  }

  /** Every attachment, those in flight too. */
  public synchronized Collection<Attachment> all() {
    return entries.values().stream().map(entry -> entry.attachment).toList();
  }

  /** The host ports of every attachment, those in flight too. */
  public synchronized Set<HostPort> hostPorts() {
    return hostPortOwners().keySet();
  }

  /** How far each block is used. */
  public synchronized List<BlockUsage> usage() {
    return allocator.usage();
  }

  /** How far a block is used; empty where it is not ours any more. */
  synchronized Optional<BlockUsage> usage(Cidr block) {
    return usage().stream().filter(usage -> usage.cidr().equals(block)).findFirst();
  }

  /** How many attachments an ADD or DEL is working on. */
  public synchronized int inFlightCount() {
    return (int) entries.values().stream().filter(entry -> entry.inFlight).count();
  }

  /**
   * The node's addresses in order: of each block the head, up to the highest that is or was in use
   * since the agent's start (free ones beyond the first {@value #LISTED_HEAD} left out), and those
   * in use that no block holds any more.
   */
  public synchronized List<AddressRow> addresses() {
    Map<IpAddress, Attachment> owners = new HashMap<>();
    for (Attachment attachment : all()) {
      attachment.addresses().forEach(address -> owners.put(address, attachment));
    }
    List<AddressRow> rows = new ArrayList<>();
    allocator
        .list(LISTED_HEAD)
        .forEach(
            (address, status) ->
                rows.add(
                    new AddressRow(address, status, Optional.ofNullable(owners.get(address)))));
    return rows;
  }

  /** The gateway of the block that holds an address; empty where the block is not ours any more. */
  synchronized Optional<InterfaceAddress> gatewayOf(IpAddress address) {
    return allocator.gatewayOf(address);
  }

  /** The attachments of a network that are there and that no call is working on. */
  synchronized List<Attachment> settled(String network) {
    return entries.values().stream()
        .filter(entry -> !entry.inFlight)
        .map(entry -> entry.attachment)
        .filter(attachment -> attachment.network().equals(network))
        .toList();
  }

  /**
   * Waits for the lock of an attachment. What is neither {@link #present} nor {@link #removed} when
   * it is closed keeps its addresses until the next dump of the links shows which it is.
   *
   * @throws CniException "try again later" if another call has it for too long, or too many calls
   *     wait for locks
   */
  AttachmentLock lock(AttachmentKey key) throws CniException {
    locks.lock(key);
    return new AttachmentLock(key, () -> unlock(key));
  }

  private void unlock(AttachmentKey key) {
    try {
      settle(key);
    } finally {
      locks.unlock(key);
    }
  }

  private synchronized void settle(AttachmentKey key) {
    Entry entry = entries.get(key);
    if (entry != null && entry.inFlight) {
      entry.inFlight = false;
      touched(entry);
      if (entry.state == State.ADDING) {
        quarantine(entry);
      }
    }
  }

  /** The locked attachment; empty where the table has none. */
  synchronized Optional<Attachment> find(AttachmentLock lock) {
    return Optional.ofNullable(entries.get(lock.key())).map(entry -> entry.attachment);
  }

  /** The host ports that lead to the locked attachment. */
  synchronized Set<HostPort> hostPorts(AttachmentLock lock) {
    return Optional.ofNullable(entries.get(lock.key()))
        .map(entry -> entry.hostPorts)
        .orElse(Set.of());
  }

  /**
   * Allocates the addresses and host ports of a new attachment, and marks it as being added.
   *
   * @param network the CNI network's name
   * @throws AddressException if it cannot have the addresses; then nothing has changed
   * @throws HostPortException if it cannot have the host ports; then nothing has changed
   */
  synchronized Allocated allocate(
      AttachmentLock lock, String network, AddressRequest request, List<PortMapping> mappings)
      throws AddressException, HostPortException {
    List<IpAddress> addresses = new ArrayList<>(2);
    List<InterfaceAddress> gateways = new ArrayList<>(2);
    for (AllocatedAddress allocated : allocate(request)) {
      addresses.add(allocated.address());
      gateways.add(allocated.gateway());
    }
    Attachment attachment = new Attachment(network, lock.key(), addresses, request.pod());
    Set<HostPort> hostPorts = Set.of();
    if (!mappings.isEmpty()) {
      try {
        hostPorts = HostPortClaims.of(mappings, attachment, hostPortOwners());
      } catch (HostPortException e) {
        allocator.release(addresses);
        throw e;
      }
    }
    Entry entry = new Entry(attachment, State.ADDING, hostPorts);
    entry.inFlight = true;
    entries.put(lock.key(), entry);
    touched(entry);
    return new Allocated(attachment, gateways, hostPorts);
  }

  /** The locked attachment's interface is made. */
  synchronized void present(AttachmentLock lock) {
    entries.get(lock.key()).state = State.PRESENT;
  }

  /** Whether the locked attachment's interface is made. */
  synchronized boolean isPresent(AttachmentLock lock) {
    Entry entry = entries.get(lock.key());
    return entry != null && entry.state == State.PRESENT;
  }

  /**
   * The locked attachment's interface is about to be removed.
   *
   * @return whether there is something to remove: its pod may have died, and the loop freed it
   */
  synchronized boolean removing(AttachmentLock lock) {
    Entry entry = entries.get(lock.key());
    if (entry == null) {
      return false;
    }
    entry.inFlight = true;
    quarantine(entry);
    touched(entry);
    return true;
  }

  /** The locked attachment's interface is gone, or was never made: its addresses are free. */
  synchronized void removed(AttachmentLock lock) {
    Entry entry = entries.remove(lock.key());
    touched(entry);
    release(entry.attachment.addresses());
  }

  private void quarantine(Entry entry) {
    entry.state = State.REMOVING;
    allocator.quarantine(entry.attachment.addresses());
  }

  private void touched(Entry entry) {
    for (Observation observation : observations) {
      observation.note(entry.attachment);
    }
  }

  private Map<HostPort, Attachment> hostPortOwners() {
    Map<HostPort, Attachment> owners = new HashMap<>();
    for (Entry entry : entries.values()) {
      entry.hostPorts.forEach(hostPort -> owners.put(hostPort, entry.attachment));
    }
    return owners;
  }

  /**
   * Takes over what a dump of the links has of pods without host ports, when no call can be
   * running.
   *
   * @see Observation#adopt
   */
  public void adopt(Collection<HostVeth> hostVeths) {
    try (Observation observation = observe()) {
      observation.adopt(hostVeths, Set.of());
    }
  }

  /** Begins to note what calls touch; to be opened before the kernel is read. */
  public synchronized Observation observe() {
    Observation observation = new Observation(this);
    entries.values().stream()
        .filter(entry -> entry.inFlight)
        .forEach(entry -> observation.note(entry.attachment));
    observations.add(observation);
    return observation;
  }

  /** As {@link Observation#adopt}. */
  synchronized void adopt(
      Observation observation, Collection<HostVeth> actual, Set<HostPort> hostPorts) {
    Set<String> names = actual.stream().map(HostVeth::name).collect(Collectors.toSet());
    int before = entries.size();
    entries.values().removeIf(entry -> isGone(entry.attachment, observation, names));
    int gone = before - entries.size();
    for (HostVeth hostVeth : actual) {
      if (!observation.isNoted(hostVeth.name())) {
        hostVeth
            .attachment()
            .filter(attachment -> attachment.hostVeth().equals(hostVeth.name()))
            .ifPresent(attachment -> adopt(attachment, observation, hostPorts));
      }
    }
    int added = entries.size() - before + gone;
    if (gone + added > 0) {
      log.info(
          "took over from the kernel: {} attachments found, {} freed since their interface is gone",
          added,
          gone);
    }
  }

  private boolean isGone(Attachment attachment, Observation observation, Set<String> actual) {
    String hostVeth = attachment.hostVeth();
    if (observation.isNoted(hostVeth) || actual.contains(hostVeth)) {
      return false;
    }
    allocator.quarantine(attachment.addresses());
    observation.freeAtEnd(attachment.addresses());
    return true;
  }

  private void adopt(Attachment attachment, Observation observation, Set<HostPort> actual) {
    Entry known = entries.get(attachment.key());
    boolean same = known != null && known.attachment.addresses().equals(attachment.addresses());
    if (known != null && !same) {
      release(known.attachment.addresses());
    }
    cooling.keySet().removeAll(attachment.addresses());
    Set<HostPort> hostPorts = same ? known.hostPorts : leadingTo(attachment, actual);
    entries.put(attachment.key(), new Entry(attachment, State.PRESENT, hostPorts));
    allocator.claim(attachment.addresses());
    observation.keep(attachment.addresses());
  }

  private static Set<HostPort> leadingTo(Attachment attachment, Set<HostPort> hostPorts) {
    return hostPorts.stream()
        .filter(hostPort -> attachment.addresses().contains(hostPort.pod()))
        .collect(Collectors.toSet());
  }

  /** Ends an observation, and frees these addresses, whose routes were swept meanwhile. */
  synchronized void end(Observation observation, Set<IpAddress> freed) {
    release(freed);
    observations.remove(observation);
  }

  /**
   * What a new attachment was allocated.
   *
   * @param attachment what it will be
   * @param gateways of its addresses, in their order
   * @param hostPorts that are to lead to it
   */
  record Allocated(
      Attachment attachment, List<InterfaceAddress> gateways, Set<HostPort> hostPorts) {}

  private static final class Entry {
    private final Attachment attachment;
    private final Set<HostPort> hostPorts;
    private State state;

    /** Whether a call is working on it. */
    private boolean inFlight;

    Entry(Attachment attachment, State state, Set<HostPort> hostPorts) {
      this.attachment = attachment;
      this.state = state;
      this.hostPorts = hostPorts;
    }
  }
}
