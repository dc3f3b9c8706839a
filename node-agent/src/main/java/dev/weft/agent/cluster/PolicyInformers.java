// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.agent.thread.AgentThread;
import dev.weft.core.label.Selector;
import dev.weft.core.label.Selector.Requirement;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.PolicyWatches;
import dev.weft.core.policy.PolicyWatches.PeerWatch;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches network policies, and of pods and namespaces what is {@link #want wanted}: this node's
 * own pods, and those that its pods' policies name. What it has it passes on and keeps only by name
 * and version. It never blocks its callers; an API server that is away or refuses changes nothing.
 *
 * <p>At most {@value PolicyWatches#MAX_WATCHES} watches are wanted at a time. One that is not
 * wanted any more stays open until all that are wanted are listed and open, so that no pod is
 * unknown in between; where there is room for {@link #GRACE} too. Until then there may be more, at
 * most {@value #MAX_OPEN}. Thread-safe. What it passes on it does under its lock.
 */
public final class PolicyInformers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyInformers.class);

  /** How many objects come at a time at most: fewer of large ones, by {@link ListPages}. */
  private static final long PAGE = 500;

  /** So many objects leave megabytes of garbage behind when they are listed. */
  private static final int MANY = 1_000;

  /** How long a watch stays open that is not wanted any more: it may soon be wanted again. */
  static final Duration GRACE = Duration.ofSeconds(30);

  /**
   * After so long without an object and without being open, at most twice that, a watch gets a new
   * connection: the old one may lead nowhere. Not every node's at the same moment: each lists again
   * what it is about.
   */
  static final Duration RECONNECT = Duration.ofSeconds(30);

  /** That doubles as long as nothing comes: some watches are refused again and again. */
  static final Duration MAX_RECONNECT = Duration.ofMinutes(10);

  /** A watch is begun within this: its node lists at another moment than the others. */
  private static final Duration MAX_DELAY = Duration.ofMillis(250);

  /**
   * One of other nodes' pods, or of namespaces, within this for each node of the cluster where that
   * is longer: with one policy every node may begin it.
   */
  private static final Duration DELAY_PER_NODE = Duration.ofMillis(1);

  /** So many such lists are read at a time: each has a page in memory. */
  private static final int MAX_LISTS = 3;

  private static final Duration LIST_PAUSE = Duration.ofMillis(100);

  /** While watches replace others; with more the one that is unwanted for longest ends. */
  static final int MAX_OPEN = 2 * PolicyWatches.MAX_WATCHES;

  private static final int CHECK_SECONDS = 1;
  private static final int QUEUED_GETS = 256;
  private static final int GETTERS = 2;
  private static final String POLICIES = "networkpolicies";
  private static final String NAMESPACES = "namespaces";

  /**
   * A watch, for {@code /v1}.
   *
   * @param what it is about
   * @param objects how many it has
   * @param state {@code open}, {@code closed} or {@code unwanted}
   * @param listMillis how long its first list took, with the time until it was begun; -1: it is not
   *     in
   */
  public record Row(String what, int objects, String state, long listMillis) {}

  /**
   * Which first lists are in.
   *
   * @param policies of all policies
   * @param namespaces of all namespaces
   * @param ownPods of this node's pods
   * @param all of everything that is wanted
   */
  public record Listed(boolean policies, boolean namespaces, boolean ownPods, boolean all) {}

  /** Takes an object as it came. */
  private interface Upsert<T> extends BiConsumer<Integer, T> {}

  /** Takes the key of an object that is gone. */
  private interface Remove extends BiConsumer<Integer, String> {}

  private final class Watch<T extends HasMetadata> {
    private final String what;
    private final int number;
    private final Function<KubernetesClient, SharedIndexInformer<T>> maker;
    private final FeedingStore<T> store;
    private final long wantedNanos = nanoTime.getAsLong();
    private Optional<Long> unwantedSince = Optional.empty();
    private Optional<Running<T>> running = Optional.empty();
    private Duration pause = RECONNECT;
    private long listMillis = -1;
    private boolean ended;

    Watch(
        String what,
        int number,
        Supplier<T> blank,
        Function<KubernetesClient, SharedIndexInformer<T>> maker,
        Upsert<T> upsert,
        Remove remove) {
      this.what = what;
      this.number = number;
      this.maker = maker;
      this.store =
          new FeedingStore<>(
              blank,
              object -> Optional.empty(),
              object -> pass(() -> upsert.accept(number, object)),
              key -> pass(() -> remove.accept(number, key)));
    }

    /** What it throws must not reach the informer, whose watch would end. */
    private void pass(Runnable event) {
      try {
        synchronized (PolicyInformers.this) {
          if (!ended) {
            event.run();
          }
        }
      } catch (RuntimeException | Error e) {
        AgentThread.WATCH.failed(e);
      }
    }

    /** To be called with the lock held. */
    void begin() {
      if (ended || running.isPresent()) {
        return;
      }
      Running<T> made = new Running<>(this, client);
      running = Optional.of(made);
      made.informer
          .itemStore(made.view)
          .exceptionHandler((started, error) -> failed(made, error))
          .removeNamespaceIndex();
      made.informer.start().thenRun(() -> firstListed(made));
    }

    /** Whether it is to be tried again. */
    private boolean failed(Running<T> which, Throwable error) {
      if (which.stopped) {
        return false;
      }
      which.isRequested = false;
      which.isListing = false;
      connection.failed(what, error);
      return true;
    }

    private void firstListed(Running<T> which) {
      synchronized (PolicyInformers.this) {
        if (ended || listMillis >= 0 || which.stopped) {
          return;
        }
        listMillis = TimeUnit.NANOSECONDS.toMillis(Math.max(0, nanoTime.getAsLong() - wantedNanos));
        LOG.info("watching {}: {} listed within {} ms", what, store.size(), listMillis);
      }
      feed.listed();
      if (store.size() >= MANY) {
        System.gc(); // what reading them left behind: else it stays until the heap is full
      }
    }

    /** Stops to listen and keeps what it has. */
    void pause() {
      running.ifPresent(Running::stop);
      running = Optional.empty();
    }

    /** Ends; what only it had is gone. */
    void end() {
      pause();
      store.keySet().toList().forEach(store::remove);
      ended = true;
      LOG.info("not watching {} any more", what);
    }

    boolean uses(KubernetesClient one) {
      return running.filter(now -> now.by == one).isPresent();
    }

    boolean isOpen() {
      return running.map(one -> one.informer.isWatching()).orElse(false);
    }

    /** Whether it neither is open nor about to be: its list brings objects. */
    boolean isInTrouble() {
      return running.isPresent() && !isOpen() && !running.get().isListing;
    }

    /** Whether its list is requested, or comes. */
    boolean isReading() {
      return running.isPresent()
          && !isOpen()
          && (running.get().isRequested || running.get().isListing)
          && nanoTime.getAsLong() - running.get().aliveNanos < RECONNECT.toNanos();
    }

    /** Whether policies of any node may need it at the same moment. */
    boolean isOfEveryNode() {
      return !what.equals(POLICIES) && !what.equals(ownPodsName());
    }

    /** Takes whether it is open now; returns whether it needs another connection. */
    boolean needsConnection() {
      if (running.isEmpty()) {
        return false;
      }
      Running<T> now = running.get();
      if (isOpen()) {
        pause = RECONNECT;
        now.wasOpen = true;
        now.isListing = false;
        now.aliveNanos = nanoTime.getAsLong();
      }
      long since = nanoTime.getAsLong() - now.aliveNanos;
      now.isListing = now.isListing && since < RECONNECT.toNanos();
      return since > now.patienceNanos;
    }

    /** Has it begin again with the connection of then. */
    void reconnect() {
      pause();
      pause = pause.compareTo(MAX_RECONNECT) < 0 ? pause.multipliedBy(2) : MAX_RECONNECT;
      beginLater(this);
    }

    Row row() {
      String state = isOpen() ? "open" : "closed";
      return new Row(
          what, store.size(), unwantedSince.isPresent() ? "unwanted" : state, listMillis);
    }
  }

  /** A watch's informer, and how it does. */
  private final class Running<T extends HasMetadata> {
    private final KubernetesClient by;
    private final SharedIndexInformer<T> informer;
    private final ConnectionStore<T> view;
    private final long patienceNanos;

    /** When it was last open, or something came. */
    private long aliveNanos = nanoTime.getAsLong();

    /** Whether objects of its first list have come, and more may. */
    private volatile boolean isListing;

    /** Whether neither an answer nor a failure has come yet. */
    private volatile boolean isRequested = true;

    private boolean wasOpen;
    private volatile boolean stopped;

    Running(Watch<T> watch, KubernetesClient by) {
      this.by = by;
      informer = watch.maker.apply(by);
      view = new ConnectionStore<>(watch.store, PolicyInformers.this, this::progress);
      long longest = Math.min(2 * watch.pause.toNanos(), MAX_RECONNECT.toNanos());
      patienceNanos = (long) ((1 + random.getAsDouble()) / 2 * longest);
    }

    private void progress() {
      aliveNanos = nanoTime.getAsLong();
      isRequested = false;
      isListing = !wasOpen;
    }

    void stop() {
      stopped = true;
      view.replace();
      informer.stop();
    }
  }

  private final KubernetesClient shared;
  private final Supplier<KubernetesClient> clients;
  private final String nodeName;
  private final PolicyFeed feed;
  private final IntSupplier nodes;
  private final DoubleSupplier random;
  private final LongSupplier nanoTime;
  private final ApiConnection connection;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(AgentThread.WATCH.factory());
  private final ThreadPoolExecutor getters =
      new ThreadPoolExecutor(
          GETTERS,
          GETTERS,
          10,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(QUEUED_GETS),
          AgentThread.WATCH.factory());
  private final Map<String, Watch<?>> watches = new LinkedHashMap<>();
  private final BitSet numbers = new BitSet();
  private final Set<String> reading = new HashSet<>();
  private final PodHolders holders = new PodHolders();
  private KubernetesClient client;
  private PolicyWatches wanted = PolicyWatches.NONE;

  /** Those that were made here; the shared one is not. */
  private final List<KubernetesClient> own = new ArrayList<>();

  private long connectedNanos;
  private boolean closed;

  /**
   * Watches that have not started.
   *
   * @param shared a client of {@link ApiClients}, which these watches use and never close
   * @param clients makes another where the connection of the one in use leads nowhere
   * @param nodes how many nodes the cluster has; must not block
   * @param random from 0 to 1: when within its bounds a watch is begun, or a connection made
   * @param nanoTime a monotonic clock
   */
  public PolicyInformers(
      KubernetesClient shared,
      Supplier<KubernetesClient> clients,
      String nodeName,
      PolicyFeed feed,
      IntSupplier nodes,
      DoubleSupplier random,
      LongSupplier nanoTime) {
    this.shared = shared;
    this.client = shared;
    this.clients = clients;
    this.nodeName = nodeName;
    this.feed = feed;
    this.nodes = nodes;
    this.random = random;
    this.nanoTime = nanoTime;
    this.connection = new ApiConnection(client.getMasterUrl().toString());
    getters.allowCoreThreadTimeOut(true);
  }

  /** Begins to watch policies, in the background; tries again for ever. */
  public synchronized void start() {
    open(POLICIES, this::policies);
    executor.scheduleWithFixedDelay(
        AgentThread.WATCH.containFailures(this::check),
        CHECK_SECONDS,
        CHECK_SECONDS,
        TimeUnit.SECONDS);
  }

  /** Opens and closes watches so that these are open, beside that of policies. */
  public synchronized void want(PolicyWatches now) {
    if (closed || now.equals(wanted)) {
      return;
    }
    wanted = now;
    Map<String, Function<Opening, Watch<?>>> makers = makers(now);
    long nanos = nanoTime.getAsLong();
    for (Watch<?> watch : watches.values()) {
      watch.unwantedSince =
          makers.containsKey(watch.what)
              ? Optional.empty()
              : watch.unwantedSince.or(() -> Optional.of(nanos));
    }
    makers.keySet().removeAll(watches.keySet());
    while (watches.size() + makers.size() > MAX_OPEN) {
      watches.values().stream()
          .filter(watch -> watch.unwantedSince.isPresent())
          .max(Comparator.comparing(watch -> nanos - watch.unwantedSince.get()))
          .ifPresent(this::end);
    }
    makers.forEach(this::open);
    readPolicies();
  }

  /** Begins to read the policies of namespaces whose rules are wanted, each once at a time. */
  private void readPolicies() {
    for (String namespace : wanted.unread()) {
      if (reading.add(namespace) && !inBackground(() -> read(namespace))) {
        reading.remove(namespace);
      }
    }
  }

  /** Passes on those that are as the watch has them; it has, or will have, the others. */
  private void read(String namespace) {
    Optional<String> next = Optional.of("");
    try {
      while (next.isPresent()) {
        KubernetesResourceList<PolicyObject> page =
            client()
                .resources(PolicyObject.class)
                .inNamespace(namespace)
                .list(new ListOptionsBuilder().withLimit(PAGE).withContinue(next.get()).build());
        page.getItems().forEach(this::readAgain);
        next = Optional.ofNullable(page.getMetadata().getContinue()).filter(it -> !it.isEmpty());
      }
    } catch (KubernetesClientException e) {
      LOG.warn(
          "list networkpolicies of namespace {}: {}; its new pods stay closed until they are read",
          namespace,
          ApiConnection.rootMessage(e));
    } finally {
      synchronized (this) {
        reading.remove(namespace);
      }
    }
  }

  private synchronized void readAgain(PolicyObject policy) {
    Watch<?> watch = watches.get(POLICIES);
    HasMetadata known = watch.store.get(FeedingStore.key(policy));
    if (known != null
        && known
            .getMetadata()
            .getResourceVersion()
            .equals(policy.getMetadata().getResourceVersion())) {
      upsert(policy);
    }
  }

  private void upsert(PolicyObject policy) {
    PolicyMapper.Mapped mapped = PolicyMapper.policy(policy);
    feed.upsert(mapped.policy(), mapped.troubles());
  }

  /** What is to be opened, in order; what exceeds the bound is left out. */
  private Map<String, Function<Opening, Watch<?>>> makers(PolicyWatches now) {
    Map<String, Function<Opening, Watch<?>>> makers = new LinkedHashMap<>();
    makers.put(POLICIES, this::policies);
    if (now.namespaces()) {
      makers.put(NAMESPACES, this::namespaces);
    }
    if (now.ownPods()) {
      makers.put(ownPodsName(), this::ownPods);
    }
    now.peers().stream()
        .sorted(Comparator.comparing(PolicyInformers::name))
        .limit(PolicyWatches.MAX_WATCHES - makers.size())
        .forEach(peer -> makers.put(name(peer), opening -> peers(opening, peer)));
    return makers;
  }

  /** Which first lists are in. */
  public synchronized Listed listed() {
    return new Listed(
        isListed(POLICIES),
        isListed(NAMESPACES),
        isListed(ownPodsName()),
        watches.values().stream()
            .allMatch(watch -> watch.listMillis >= 0 || watch.unwantedSince.isPresent()));
  }

  private boolean isListed(String what) {
    Watch<?> watch = watches.get(what);
    return watch != null && watch.listMillis >= 0;
  }

  /** Every watch, in the order in which they were opened. */
  public synchronized List<Row> rows() {
    return watches.values().stream().map(Watch::row).toList();
  }

  /** How many watches there are. */
  public synchronized int count() {
    return watches.size();
  }

  /** What is wrong with the connection; empty where nothing is. */
  public Optional<String> trouble() {
    return connection.trouble();
  }

  /**
   * Requests a pod by its name, in the background, and passes it on where there is one: an ADD may
   * come before the watch has its pod. Where too many are requested at a time, the watch will have
   * it.
   */
  public void request(PodName pod) {
    inBackground(() -> get(pod));
  }

  /** Returns whether it will be run: not where too much waits. */
  private boolean inBackground(Runnable work) {
    try {
      getters.execute(AgentThread.WATCH.containFailures(work));
      return true;
    } catch (RejectedExecutionException e) {
      LOG.debug("nothing more is requested now: {}", e.getMessage());
      return false;
    }
  }

  private synchronized KubernetesClient client() {
    return client;
  }

  private void get(PodName pod) {
    try {
      PodObject object =
          client()
              .resources(PodObject.class)
              .inNamespace(pod.namespace())
              .withName(pod.name())
              .get();
      synchronized (this) {
        Watch<?> own = watches.get(ownPodsName());
        if (object != null && own != null) {
          pod(holders::offer, own.number, object);
        } else if (object != null) {
          PodMapper.pod(object).ifPresent(feed::upsert);
        }
      }
    } catch (KubernetesClientException e) {
      LOG.warn(
          "get pod {}: {}; it stays closed until the watch of this node's pods has it",
          pod,
          ApiConnection.rootMessage(e));
    }
  }

  /** Makes a new connection, which lists and watches everything again; what is known stays. */
  synchronized void reconnect() {
    reconnect(List.copyOf(watches.values()));
  }

  private void reconnect(List<Watch<?>> some) {
    if (closed || some.isEmpty()) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (client == shared || now - connectedNanos > RECONNECT.toNanos()) {
      client = clients.get();
      own.add(client);
      connectedNanos = now;
    }
    some.forEach(Watch::reconnect);
    executor.execute(AgentThread.WATCH.containFailures(this::closeUnused));
  }

  @Override
  public synchronized void close() {
    closed = true;
    executor.shutdownNow();
    getters.shutdownNow();
    watches.values().forEach(Watch::pause);
    own.forEach(KubernetesClient::close);
  }

  private void closeUnused() {
    List<KubernetesClient> unused = new ArrayList<>();
    synchronized (this) {
      for (KubernetesClient one : List.copyOf(own)) {
        if (one != client && watches.values().stream().noneMatch(watch -> watch.uses(one))) {
          unused.add(one);
          own.remove(one);
        }
      }
    }
    unused.forEach(KubernetesClient::close);
  }

  private synchronized void check() {
    endUnwanted();
    readPolicies();
    reconnect(watches.values().stream().filter(Watch::needsConnection).toList());
    watches.values().stream()
        .filter(Watch::isInTrouble)
        .findFirst()
        .ifPresentOrElse(watch -> connection.notWatching(watch.what), this::noteWatching);
  }

  /** Of one that is not begun, or lists, it is not known yet. */
  private void noteWatching() {
    if (watches.values().stream().allMatch(Watch::isOpen)) {
      connection.watching();
    }
  }

  private void endUnwanted() {
    boolean isComplete =
        watches.values().stream()
            .filter(watch -> watch.unwantedSince.isEmpty())
            .allMatch(watch -> watch.listMillis >= 0 && watch.isOpen());
    if (!isComplete) {
      return;
    }
    long now = nanoTime.getAsLong();
    for (Watch<?> watch : List.copyOf(watches.values())) {
      boolean isFull = watches.size() > PolicyWatches.MAX_WATCHES;
      if (watch.unwantedSince.filter(at -> isFull || now - at > GRACE.toNanos()).isPresent()) {
        end(watch);
      }
    }
  }

  private void end(Watch<?> watch) {
    watch.end();
    watches.remove(watch.what);
    numbers.clear(watch.number);
  }

  /** A watch to be made. */
  private record Opening(String what, int number) {}

  private void open(String what, Function<Opening, Watch<?>> maker) {
    int number = numbers.nextClearBit(0);
    numbers.set(number);
    Watch<?> watch = maker.apply(new Opening(what, number));
    watches.put(what, watch);
    beginLater(watch);
  }

  private void beginLater(Watch<?> watch) {
    Duration longest = MAX_DELAY;
    if (watch.isOfEveryNode()) {
      Duration spread = DELAY_PER_NODE.multipliedBy(nodes.getAsInt());
      longest = spread.compareTo(MAX_DELAY) > 0 ? spread : MAX_DELAY;
    }
    beginIn((long) (random.getAsDouble() * longest.toNanos()), watch);
  }

  private void beginIn(long nanos, Watch<?> watch) {
    executor.schedule(
        AgentThread.WATCH.containFailures(() -> begin(watch)), nanos, TimeUnit.NANOSECONDS);
  }

  private synchronized void begin(Watch<?> watch) {
    if (closed) {
      return;
    }
    boolean mustWait =
        watch.isOfEveryNode()
            && watches.values().stream()
                    .filter(other -> other.isOfEveryNode() && other.isReading())
                    .count()
                >= MAX_LISTS;
    if (mustWait) {
      beginIn(LIST_PAUSE.toNanos(), watch);
    } else {
      watch.begin();
    }
  }

  private Watch<PolicyObject> policies(Opening opening) {
    return new Watch<>(
        opening.what,
        opening.number,
        PolicyObject::new,
        of -> of.resources(PolicyObject.class).inAnyNamespace().withLimit(PAGE).runnableInformer(0),
        (number, object) -> upsert(object),
        (number, key) -> split(key, feed::policyGone));
  }

  private Watch<NamespaceObject> namespaces(Opening opening) {
    return new Watch<>(
        opening.what,
        opening.number,
        NamespaceObject::new,
        of -> of.resources(NamespaceObject.class).withLimit(PAGE).runnableInformer(0),
        (number, object) -> feed.upsert(PodMapper.namespace(object)),
        (number, key) -> feed.namespaceGone(key));
  }

  /** Those that have ended too: that a pod has is an event as well. */
  private Watch<PodObject> ownPods(Opening opening) {
    return pods(
        opening,
        of -> of.resources(PodObject.class).inAnyNamespace().withField("spec.nodeName", nodeName));
  }

  private Watch<PodObject> peers(Opening opening, PeerWatch peer) {
    String labels = labels(peer.pods());
    return pods(
        opening,
        of -> {
          var pods = of.resources(PodObject.class);
          FilterWatchListDeletable<PodObject, ?, Resource<PodObject>> some =
              peer.namespace().isPresent()
                  ? pods.inNamespace(peer.namespace().get())
                  : pods.inAnyNamespace();
          var live =
              some.withoutField("status.phase", "Succeeded").withoutField("status.phase", "Failed");
          return labels.isEmpty() ? live : live.withLabelSelector(labels);
        });
  }

  private Watch<PodObject> pods(
      Opening opening,
      Function<KubernetesClient, FilterWatchListDeletable<PodObject, ?, Resource<PodObject>>>
          selection) {
    return new Watch<>(
        opening.what,
        opening.number,
        PodObject::new,
        of -> selection.apply(of).withLimit(PAGE).runnableInformer(0),
        (number, object) -> pod(holders::hold, number, object),
        (number, key) -> {
          if (holders.release(number, key)) {
            split(key, feed::podGone);
          }
        });
  }

  /** Takes a pod for a watch. */
  private interface Holding {
    boolean isNews(int watch, String key, long version);
  }

  /** To be called with the lock held. */
  private void pod(Holding holding, int number, PodObject object) {
    String key = FeedingStore.key(object);
    if (holding.isNews(number, key, version(object))) {
      PodMapper.pod(object).ifPresentOrElse(feed::upsert, () -> split(key, feed::podGone));
    }
  }

  private static long version(HasMetadata object) {
    try {
      return Long.parseLong(object.getMetadata().getResourceVersion());
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static void split(String key, BiConsumer<String, String> namespaceAndName) {
    int slash = key.indexOf('/');
    namespaceAndName.accept(key.substring(0, slash), key.substring(slash + 1));
  }

  private String ownPodsName() {
    return "pods of node " + nodeName;
  }

  private static String name(PeerWatch peer) {
    String of = peer.namespace().map(namespace -> "pods of namespace " + namespace).orElse("pods");
    String labels = labels(peer.pods());
    return labels.isEmpty() ? of : of + " with " + labels;
  }

  /** As the API has it; empty: every label. */
  static String labels(Selector selector) {
    List<String> parts = new ArrayList<>();
    selector.labels().forEach((key, value) -> parts.add(key + "=" + value));
    selector.requirements().forEach(requirement -> parts.add(text(requirement)));
    parts.sort(Comparator.naturalOrder());
    return String.join(",", parts);
  }

  private static String text(Requirement requirement) {
    String values = String.join(",", requirement.values());
    return switch (requirement.operator()) {
      case IN -> "%s in (%s)".formatted(requirement.key(), values);
      case NOT_IN -> "%s notin (%s)".formatted(requirement.key(), values);
      case EXISTS -> requirement.key();
      case DOES_NOT_EXIST -> "!" + requirement.key();
    };
  }
}
