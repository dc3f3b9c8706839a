// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.agent.thread.AgentThread;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.Allocation;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Peer;
import dev.weft.core.node.ThisNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches blocks, pools and this node. It never blocks its callers, and an API server that is away,
 * or refuses, changes nothing: what is known stays in force.
 *
 * <p>This node's blocks and its peers come from IPAllocations alone. The few IPPools are watched
 * too, for the reserved ranges, what is masqueraded, and which pools are disabled; of the Nodes
 * only this one.
 */
public final class ClusterWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterWatch.class);

  /** How many allocations come at a time: of each page only what is kept stays in memory. */
  private static final long PAGE = 500;

  /** Nodes as maps: their classes are many, and a Node is mostly a list of images. */
  private static final ResourceDefinitionContext NODES =
      new ResourceDefinitionContext.Builder()
          .withVersion("v1")
          .withKind("Node")
          .withPlural("nodes")
          .withNamespaced(false)
          .build();

  /** A view is read every minute at least: after a longer pause this process was stopped. */
  private static final Duration SLEPT = Duration.ofMinutes(3);

  private final String nodeName;
  private final AllocationTable table;
  private final ClusterView remembered;
  private final Clock clock;
  private final Runnable onChange;
  private final ApiConnection connection;
  private final Map<String, SharedIndexInformer<?>> informers = new LinkedHashMap<>();
  private final SharedIndexInformer<IPAllocation> allocations;
  private final Map<String, String> poolTroubles = new TreeMap<>();
  private long advancedNanos = System.nanoTime();
  private int listed;

  /** UID of the Node that the API server has; empty where it has none. */
  private String nodeUid = "";

  /**
   * A watch that has not started.
   *
   * @param remembered the view until the first lists are in
   * @param onChange called when the view may have changed, or something of this node's own
   *     allocations; not for what a peer's agent or the operator only counts. It must not block
   */
  public ClusterWatch(
      KubernetesClient client,
      String nodeName,
      AllocationTable table,
      ClusterView remembered,
      Clock clock,
      Runnable onChange) {
    this.connection = new ApiConnection(client.getMasterUrl().toString());
    this.nodeName = nodeName;
    this.table = table;
    this.remembered = remembered;
    this.clock = clock;
    this.onChange = onChange;
    this.allocations = client.resources(IPAllocation.class).withLimit(PAGE).runnableInformer(0);
    follow(
        "ipallocations",
        allocations,
        IPAllocation::new,
        object -> ResourceMapper.cached(object, nodeName),
        this::allocation,
        name -> table.delete(name, clock.instant()));
    follow(
        "ippools",
        client.resources(IPPool.class).runnableInformer(0),
        IPPool::new,
        object -> Optional.empty(),
        this::pool,
        this::poolGone);
    follow(
        "node " + nodeName,
        client.genericKubernetesResources(NODES).withName(nodeName).runnableInformer(0),
        GenericKubernetesResource::new,
        object -> Optional.empty(),
        this::node,
        name -> nodeUid = "");
  }

  /** Begins to watch, in the background; tries again for ever. */
  public void start() {
    informers.forEach(
        (what, informer) -> {
          informer.exceptionHandler(
              (started, error) -> {
                connection.failed(what, error);
                return true;
              });
          informer.start().thenRun(this::onListed);
        });
  }

  /** What is known now. */
  public synchronized ClusterView view() {
    advance();
    return listed < informers.size() ? remembered : table.view();
  }

  /** As {@link AllocationTable#takeMoved}; none before all is listed. */
  public synchronized List<Peer> movedPeers() {
    advance();
    List<Peer> moved = table.takeMoved();
    return listed < informers.size() ? List.of() : moved;
  }

  /** To be called, with the lock held, before the table is changed or read. */
  private void advance() {
    long nowNanos = System.nanoTime();
    if (connection.trouble().isPresent() || nowNanos - advancedNanos > SLEPT.toNanos()) {
      table.listsMayBeOld(nowNanos);
    } else {
      table.advance(nowNanos);
    }
    advancedNanos = nowNanos;
  }

  /** This node's allocation of a block, as the API server last reported it. */
  Optional<IPAllocation> own(Cidr block) {
    return Optional.ofNullable(allocations.getStore().getByKey(block.objectName()))
        .filter(object -> object.getSpec() != null && nodeName.equals(object.getSpec().node()));
  }

  /** Whether the API server has an allocation of a block, of whichever node. */
  boolean has(Cidr block) {
    return allocations.getStore().getByKey(block.objectName()) != null;
  }

  /** Whether the API server has this node's Node, with this UID. */
  synchronized boolean hasNode(String uid) {
    return !uid.isEmpty() && uid.equals(nodeUid);
  }

  /** What is wrong with the connection to the API server; empty where nothing is. */
  public Optional<String> trouble() {
    return connection.trouble();
  }

  /** Which pools are not allocatable though they should be, and why. */
  public synchronized List<String> poolTroubles() {
    return List.copyOf(poolTroubles.values());
  }

  /** Checks whether every watch is open; to be called every second or so. */
  public void checkConnection() {
    Optional<String> closed =
        informers.entrySet().stream()
            .filter(entry -> !entry.getValue().isWatching())
            .map(Map.Entry::getKey)
            .findFirst();
    closed.ifPresentOrElse(connection::notWatching, connection::watching);
  }

  @Override
  public void close() {
    informers.values().forEach(SharedIndexInformer::stop);
  }

  private <T extends HasMetadata> void follow(
      String what,
      SharedIndexInformer<T> informer,
      Supplier<T> blank,
      Function<T, Optional<T>> keep,
      Predicate<T> upsert,
      Consumer<String> delete) {
    informer.itemStore(
        new FeedingStore<>(
            blank, keep, object -> upsert(object, upsert), name -> remove(name, delete)));
    informers.put(what, informer);
  }

  /** The status of this node's own is compared with the one that its agent would write. */
  private boolean allocation(IPAllocation object) {
    Allocation allocation = ResourceMapper.allocation(object, nodeName);
    return table.upsert(allocation, clock.instant()) || nodeName.equals(allocation.owner().node());
  }

  /** A heartbeat changes nothing. */
  private boolean node(GenericKubernetesResource object) {
    ThisNode node = ResourceMapper.node(object);
    boolean other = !node.uid().equals(nodeUid);
    nodeUid = node.uid();
    return table.setNode(node) || other;
  }

  private boolean pool(IPPool object) {
    boolean changed = table.upsertPool(ResourceMapper.pool(object));
    String name = object.getMetadata().getName();
    if (object.isMarkedForDeletion()) {
      table.deletePool(name);
    }
    Optional<String> trouble =
        ResourceMapper.poolTrouble(object).map(message -> "IPPool " + name + ": " + message);
    String before =
        trouble.isPresent() ? poolTroubles.put(name, trouble.get()) : poolTroubles.remove(name);
    trouble.filter(message -> !message.equals(before)).ifPresent(LOG::warn);
    return changed || !Objects.equals(before, trouble.orElse(null));
  }

  private void poolGone(String name) {
    table.deletePool(name);
    poolTroubles.remove(name);
  }

  private void onListed() {
    synchronized (this) {
      listed++;
      if (listed == informers.size()) {
        advance();
        table.remember(remembered.blocks(), clock.instant());
      }
    }
    onChange.run();
  }

  /** What it throws must not reach the informer, whose watch would end. */
  private <T extends HasMetadata> void upsert(T object, Predicate<T> table) {
    try {
      boolean changed;
      synchronized (this) {
        advance();
        changed = table.test(object);
      }
      if (changed) {
        onChange.run();
      }
    } catch (IllegalArgumentException e) {
      LOG.warn(
          "ignoring {} {}: {}", object.getKind(), object.getMetadata().getName(), e.getMessage());
    } catch (RuntimeException | Error e) {
      AgentThread.WATCH.failed(e);
    }
  }

  private void remove(String name, Consumer<String> table) {
    synchronized (this) {
      advance();
      table.accept(name);
    }
    onChange.run();
  }
}
