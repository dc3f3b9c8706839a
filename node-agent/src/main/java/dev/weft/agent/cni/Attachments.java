// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.Port;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressAllocator;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.Grant;
import dev.weft.core.node.HostPortClaims;
import dev.weft.core.node.HostPortException;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PodName;
import dev.weft.core.node.PortMapping;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's attachments and whose each address is: a copy of what the kernel's links say, rebuilt
 * from a dump of them. Thread-safe.
 *
 * <p>An ADD or DEL works on an attachment in a {@link Turn}, one at a time for each (container,
 * interface). The reconcile loop compares the table with the kernel in an {@link Observation},
 * which leaves alone what a turn touches meanwhile. No lock of the table is held across a kernel
 * call.
 */
public final class Attachments {
  private static final Logger log = LoggerFactory.getLogger(Attachments.class);

  /** How long a call waits for its turn: longer than the kernel ever takes for one. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How many addresses of each block are listed though they are free. */
  private static final int LISTED_HEAD = 1024;

  private enum State {
    ADDING,
    PRESENT,
    REMOVING
  }

  /** How many calls wait for their turns at a time, where nobody says. */
  private static final int WAITING = 8;

  private final KeyLocks locks = new KeyLocks();
  private final Semaphore waiting;
  private final AddressAllocator allocator = new AddressAllocator();
  private final Map<AttachmentKey, Entry> entries = new HashMap<>();
  private final Set<Observation> observations = new HashSet<>();

  /** None yet. */
  public Attachments() {
    this(WAITING);
  }

  /**
   * None yet.
   *
   * @param waiting how many calls may wait for their turns at a time, each on a thread that serves
   *     calls
   */
  public Attachments(int waiting) {
    this.waiting = new Semaphore(waiting);
  }

  /** Sets the blocks that addresses are given from; what is in use stays so. */
  public synchronized void setBlocks(List<OwnBlock> blocks) {
    allocator.setBlocks(blocks);
  }

  /** Every attachment, those in flight too. */
  public synchronized Collection<Attachment> all() {
    return entries.values().stream().map(entry -> entry.attachment).toList();
  }

  /** The host ports of every attachment, those in flight too. */
  public synchronized Set<HostPort> hostPorts() {
    return hostPortOwners().keySet();
  }

  private Map<HostPort, Attachment> hostPortOwners() {
    Map<HostPort, Attachment> owners = new HashMap<>();
    for (Entry entry : entries.values()) {
      entry.hostPorts.forEach(hostPort -> owners.put(hostPort, entry.attachment));
    }
    return owners;
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

  /** The attachments of a network that are there and that nobody is working on. */
  synchronized List<Attachment> settled(String network) {
    return entries.values().stream()
        .filter(entry -> !entry.inFlight)
        .map(entry -> entry.attachment)
        .filter(attachment -> attachment.network().equals(network))
        .toList();
  }

  /**
   * Waits for the turn to work on an attachment.
   *
   * @throws CniException "try again later" if another call works on it for too long, or too many
   *     calls wait for their turns
   */
  Turn turn(AttachmentKey key) throws CniException {
    try {
      if (locks.lock(key, Duration.ZERO)) {
        return new Turn(key);
      }
      if (!waiting.tryAcquire()) {
        throw new CniException(
            ErrorCode.TRY_AGAIN_LATER,
            "another call for " + key + " is still running",
            "as many calls as may do so wait for others already");
      }
      try {
        if (locks.lock(key, PATIENCE)) {
          return new Turn(key);
        }
      } finally {
        waiting.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CniException(ErrorCode.TRY_AGAIN_LATER, "the agent is stopping", "");
    }
    throw new CniException(
        ErrorCode.TRY_AGAIN_LATER,
        "another call for " + key + " is still running",
        "waited " + PATIENCE.toSeconds() + " s for it");
  }

  /**
   * Takes over what a dump of the links says of pods without host ports, when no call can be
   * running.
   *
   * @see Observation#adopt
   */
  public void adopt(Map<String, Port> ports) {
    try (Observation observation = observe()) {
      observation.adopt(ports, Set.of());
    }
  }

  /** Begins to note what calls touch; to be opened before the kernel is read. */
  public synchronized Observation observe() {
    Observation observation = new Observation();
    entries.values().stream().filter(entry -> entry.inFlight).forEach(observation::note);
    observations.add(observation);
    return observation;
  }

  private void touched(Entry entry) {
    for (Observation observation : observations) {
      observation.note(entry);
    }
  }

  /** The table from the moment before the kernel is read until what was read is acted upon. */
  public final class Observation implements AutoCloseable {
    private final Set<String> ports = new HashSet<>();
    private final Set<IpAddress> addresses = new HashSet<>();

    /** Addresses of attachments that are gone; in quarantine while their routes are swept. */
    private final Set<IpAddress> freed = new HashSet<>();

    private Observation() {}

    private void note(Entry entry) {
      ports.add(entry.attachment.portName());
      addresses.addAll(entry.attachment.addresses());
    }

    /**
     * Takes over what a dump of the links and host ports says that was made since this observation
     * began: a port that the table does not have is added, an attachment whose port is gone is
     * forgotten, and its addresses are freed when this observation ends. What a call touched
     * meanwhile stays as the call left it.
     *
     * @param actual the host ends in the kernel, by name
     * @param hostPorts those in the kernel: of an attachment that the table has not, they are taken
     *     over; of the others the table knows what there should be
     */
    public void adopt(Map<String, Port> actual, Set<HostPort> hostPorts) {
      synchronized (Attachments.this) {
        int before = entries.size();
        entries.values().removeIf(entry -> isGone(entry, actual));
        int gone = before - entries.size();
        actual.values().forEach(port -> adopt(port, hostPorts));
        int added = entries.size() - before + gone;
        if (gone + added > 0) {
          log.info(
              "took over from the kernel: {} attachments found, {} freed since their interface is"
                  + " gone",
              added,
              gone);
        }
      }
    }

    private boolean isGone(Entry entry, Map<String, Port> actual) {
      String port = entry.attachment.portName();
      if (ports.contains(port) || actual.containsKey(port)) {
        return false;
      }
      allocator.quarantine(entry.attachment.addresses());
      freed.addAll(entry.attachment.addresses());
      return true;
    }

    private void adopt(Port port, Set<HostPort> actual) {
      Attachment attachment = port.attachment().orElse(null);
      if (attachment == null
          || ports.contains(port.name())
          || !attachment.portName().equals(port.name())) {
        return;
      }
      Entry known = entries.get(attachment.key());
      boolean same = known != null && known.attachment.addresses().equals(attachment.addresses());
      if (known != null && !same) {
        allocator.release(known.attachment.addresses());
      }
      Entry entry = new Entry(attachment, State.PRESENT);
      entry.hostPorts = same ? known.hostPorts : leadingTo(attachment, actual);
      entries.put(attachment.key(), entry);
      allocator.claim(attachment.addresses());
      freed.removeAll(attachment.addresses());
    }

    private static Set<HostPort> leadingTo(Attachment attachment, Set<HostPort> hostPorts) {
      return hostPorts.stream()
          .filter(hostPort -> attachment.addresses().contains(hostPort.pod()))
          .collect(Collectors.toSet());
    }

    /** Everything that a call worked on at any moment since this observation began. */
    public InFlight inFlight() {
      synchronized (Attachments.this) {
        return new InFlight(ports, addresses);
      }
    }

    @Override
    public void close() {
      synchronized (Attachments.this) {
        allocator.release(freed);
        freed.clear();
        observations.remove(this);
      }
    }
  }

  /**
   * Exclusive work on one attachment. What is neither {@link #present} nor {@link #removed} when it
   * is closed keeps its addresses until the next dump of the links tells which it is.
   */
  final class Turn implements AutoCloseable {
    private final AttachmentKey key;

    private Turn(AttachmentKey key) {
      this.key = key;
    }

    /** What the table has of it. */
    Optional<Attachment> attachment() {
      synchronized (Attachments.this) {
        return Optional.ofNullable(entries.get(key)).map(entry -> entry.attachment);
      }
    }

    /**
     * Gives a new attachment its addresses, and marks it as being added.
     *
     * @param asked addresses that it must have, at most one of each family
     * @throws AddressException if it cannot have them; then nothing has changed
     */
    Added begin(String network, Optional<PodName> pod, List<IpAddress> asked)
        throws AddressException {
      synchronized (Attachments.this) {
        List<IpAddress> addresses = new ArrayList<>(2);
        List<InterfaceAddress> gateways = new ArrayList<>(2);
        for (Grant grant : allocator.allocate(asked)) {
          addresses.add(grant.address());
          gateways.add(grant.gateway());
        }
        Attachment attachment = new Attachment(network, key, addresses, pod);
        Entry entry = new Entry(attachment, State.ADDING);
        entry.inFlight = true;
        entries.put(key, entry);
        touched(entry);
        return new Added(attachment, gateways);
      }
    }

    /**
     * Gives the attachment that is being added its host ports.
     *
     * @throws HostPortException if it cannot have them; then it has none
     */
    void claim(List<PortMapping> asked) throws HostPortException {
      synchronized (Attachments.this) {
        Entry entry = entries.get(key);
        entry.hostPorts = HostPortClaims.of(asked, entry.attachment, hostPortOwners());
      }
    }

    /** The host ports that lead to it. */
    Set<HostPort> hostPorts() {
      synchronized (Attachments.this) {
        return Optional.ofNullable(entries.get(key)).map(e -> e.hostPorts).orElse(Set.of());
      }
    }

    /** Its interface is made. */
    void present() {
      synchronized (Attachments.this) {
        entries.get(key).state = State.PRESENT;
      }
    }

    /**
     * Its interface is about to be removed.
     *
     * @return whether there is something to remove: its pod may have died, and the loop freed it
     */
    boolean removing() {
      synchronized (Attachments.this) {
        Entry entry = entries.get(key);
        if (entry == null) {
          return false;
        }
        entry.inFlight = true;
        quarantine(entry);
        touched(entry);
        return true;
      }
    }

    /** Its interface is gone: its addresses are free. */
    void removed() {
      synchronized (Attachments.this) {
        Entry entry = entries.remove(key);
        touched(entry);
        allocator.release(entry.attachment.addresses());
      }
    }

    @Override
    public void close() {
      synchronized (Attachments.this) {
        Entry entry = entries.get(key);
        if (entry != null && entry.inFlight) {
          entry.inFlight = false;
          touched(entry);
          if (entry.state == State.ADDING) {
            quarantine(entry);
          }
        }
      }
      locks.unlock(key);
    }

    private void quarantine(Entry entry) {
      entry.state = State.REMOVING;
      allocator.quarantine(entry.attachment.addresses());
    }
  }

  /**
   * An attachment that is being added.
   *
   * @param attachment what it will be
   * @param gateways of its addresses, in their order
   */
  record Added(Attachment attachment, List<InterfaceAddress> gateways) {}

  private static final class Entry {
    private final Attachment attachment;
    private State state;

    private Set<HostPort> hostPorts = Set.of();

    /** Whether a turn is working on it. */
    private boolean inFlight;

    Entry(Attachment attachment, State state) {
      this.attachment = attachment;
      this.state = state;
    }
  }
}
