// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.pool.AgentLiveness;
import dev.weft.core.pool.BlockLayout;
import dev.weft.core.pool.ReleaseTimes;
import dev.weft.probes.HttpAnswer;
import dev.weft.probes.Liveness;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.OperatorException;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.javaoperatorsdk.operator.processing.Controller;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running operator: connects, however long the API server is away, watches, and runs allocation
 * passes and reconcilers while it leads.
 */
final class WeftOperator implements AutoCloseable, Liveness {
  private static final Logger LOG = LoggerFactory.getLogger(WeftOperator.class);
  private static final String LEASE = "weft-operator";
  private static final Duration FIRST_RETRY = Duration.ofMillis(500);
  private static final Duration LAST_RETRY = Duration.ofSeconds(15);
  private static final Duration SYNC_TIMEOUT = Duration.ofSeconds(60);

  private final KubernetesClient client;
  private final OperatorOptions options;
  private final MeterRegistry registry;
  private final Runnable leaseLost;
  private final Writes writes = new Writes(System::nanoTime);
  private final RefusedWrites refused = new RefusedWrites();
  private final ServiceCidrs serviceCidrs;
  private final AgentPods agentPods = new AgentPods();
  private final Controllers controllers;
  private final Settling settling;
  private final Clock clock;
  private final String identity = identity();
  private final LeaseWatch lease;
  private final AllocationPass pass;
  private final PassLoop passes;
  private final PolicyWarnings policyWarnings;
  private final Thread connecting = new Thread(this::connect, "connect");
  private volatile Operator operator;
  private volatile String starting = "starting";
  private volatile boolean leading;
  private volatile boolean closed;

  /**
   * An operator that has not started.
   *
   * @param leaseLost called when another may lead: nothing more is decided here, and the process
   *     should end
   */
  WeftOperator(
      KubernetesClient client,
      OperatorOptions options,
      MeterRegistry registry,
      Runnable leaseLost) {
    this(client, options, registry, leaseLost, Clocks.SYSTEM, AgentTimes.DEFAULT);
  }

  /** As above, with clocks of its own, and how agents that are not Ready are probed. */
  WeftOperator(
      KubernetesClient client,
      OperatorOptions options,
      MeterRegistry registry,
      Runnable leaseLost,
      Clocks clocks,
      AgentTimes agentTimes) {
    this.client = client;
    this.leaseLost = leaseLost;
    this.options = options;
    this.registry = registry;
    ClusterMetrics metrics =
        new ClusterMetrics(registry, () -> writes.refused().size() + refused.count());
    this.serviceCidrs = new ServiceCidrs(options.serviceCidrs());
    ClusterWriter writer = new ClusterWriter(client);
    Events events = new Events(client, clocks.wall());
    this.controllers =
        new Controllers(
            new PoolStatusReconciler(refused, writer, events, clocks),
            new AllocationConditionReconciler(refused, writer, events, clocks.wall()),
            new NodeConditionReconciler(refused, writer, events, clocks, agentTimes.again()),
            this::changed,
            this::allocationObserved);
    this.settling = new Settling(options.settleTime(), clocks.nanoTime());
    this.clock = clocks.wall();
    this.lease = new LeaseWatch(client, namespace(), LEASE, identity, clocks.nanoTime());
    this.pass =
        new AllocationPass(
            controllers,
            new AllocationPass.Output(writer, writes, events, metrics, controllers::publish),
            new ReleaseTimes(options.gracePeriod(), options.releaseHold()),
            serviceCidrs::all,
            options.platforms(),
            new NodeNetworks(
                new AgentLiveness(options.agentGrace(), agentTimes.answer()),
                agentPods::byNode,
                clocks.nanoTime()),
            settling,
            clocks.wall());
    this.passes = new PassLoop(pass, metrics, clocks.wall());
    this.policyWarnings =
        new PolicyWarnings(new PodPorts(client), this::ranges, events, clocks.nanoTime());
    registry.gauge("weft.leader", this, self -> self.leading ? 1 : 0);
    connecting.setDaemon(true);
  }

  /** Connects in the background; returns at once. */
  void start() {
    connecting.start();
  }

  /** Stuck where the thread that runs the passes has died. */
  @Override
  public Optional<String> stuck() {
    return passes.isAlive()
        ? Optional.empty()
        : Optional.of("the thread that decides has died; see the log");
  }

  /**
   * 200 once everything is watched, whether leading or not, with the writes that are refused; else
   * 503 with the reason.
   */
  HttpAnswer readiness() {
    Operator running = operator;
    if (!starting.isEmpty() || running == null) {
      return HttpAnswer.text(503, starting + "\n");
    }
    if (!running.getRuntimeInfo().allEventSourcesAreHealthy()) {
      return HttpAnswer.text(
          503, "watches of API server " + client.getMasterUrl() + " are broken; retrying\n");
    }
    String failure = passes.failure();
    if (!failure.isEmpty()) {
      return HttpAnswer.text(503, failure + "; retrying\n");
    }
    Map<String, String> failing = new HashMap<>(writes.refused());
    failing.putAll(refused.all());
    String summary = Writes.summary(failing);
    return HttpAnswer.text(
        200,
        (leading ? "leading" : "standing by")
            + (summary.isEmpty() ? "" : "; refused by the API server: " + summary)
            + "\n");
  }

  @Override
  public void close() {
    closed = true;
    connecting.interrupt();
    passes.close();
    writes.close();
    Operator running = operator;
    if (running != null) {
      running.stop();
    }
    policyWarnings.close();
    serviceCidrs.close();
    agentPods.close();
    lease.close();
  }

  /** Ignored until every kind is listed: a decision without the nodes would be a wrong one. */
  private void requestPass() {
    if (operator != null) {
      passes.request();
    }
  }

  /** Only who leads decides; who leads later reads what it follows then. */
  private void changed() {
    if (leading) {
      requestPass();
    }
  }

  private void allocationObserved(String name) {
    pass.allocationObserved(name);
  }

  private void connect() {
    Duration retry = FIRST_RETRY;
    while (!closed) {
      try {
        new CrdUpgrade(client).run();
        check(IPPool.class);
        check(IPAllocation.class);
        serviceCidrs.follow(client, this::changed);
        agentPods.follow(client, namespace(), this::changed);
        if (options.leaderElect()) {
          lease.follow(options.leaseDuration().dividedBy(6));
        }
        startOperator();
        return;
      } catch (KubernetesClientException | OperatorException | IllegalStateException e) {
        starting = message(e);
        LOG.warn("{}; another try in {} ms", starting, retry.toMillis());
      } catch (RuntimeException | Error e) {
        starting = "a fault of the operator: " + e;
        LOG.error("connecting broke; another try in {} ms", retry.toMillis(), e);
      }
      try {
        Thread.sleep(retry.toMillis());
      } catch (InterruptedException e) {
        return;
      }
      Duration twice = retry.multipliedBy(2);
      retry = twice.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : twice;
    }
  }

  private void check(Class<? extends HasMetadata> kind) {
    client.resources(kind).list(new ListOptionsBuilder().withLimit(1L).build());
  }

  private String message(RuntimeException e) {
    if (e instanceof KubernetesClientException answer && answer.getCode() == 404) {
      return "API server %s has no IPPools and IPAllocations: kubectl apply -f crds/"
          .formatted(client.getMasterUrl());
    }
    if (e instanceof IllegalStateException) {
      return e.getMessage();
    }
    boolean silent = e instanceof KubernetesClientException answer && answer.getCode() <= 0;
    return "API server %s%s: %s"
        .formatted(client.getMasterUrl(), silent ? " does not answer" : "", FailureReason.of(e));
  }

  private void startOperator() {
    Operator next =
        new Operator(
            overrider -> {
              overrider
                  .withKubernetesClient(client)
                  .withCloseClientOnStop(false)
                  .withCacheSyncTimeout(SYNC_TIMEOUT)
                  .withConcurrentReconciliationThreads(Writes.AT_ONCE)
                  .withMetrics(MicrometerMetrics.withoutPerResourceMetrics(registry));
              if (options.leaderElect()) {
                overrider.withLeaderElectionConfiguration(leaderElection());
              }
            });
    controllers.registerWith(next);
    try {
      next.start();
    } catch (RuntimeException e) {
      // The framework leaves those watches open that did begin before another failed.
      next.getRegisteredControllers().stream()
          .map(one -> ((Controller<?>) one).getEventSourceManager())
          .flatMap(manager -> manager.allEventSources().stream())
          .forEach(source -> source.stop());
      next.stop();
      throw e;
    }
    operator = next;
    starting = "";
    LOG.info("watching IPPools, IPAllocations and Nodes");
    if (!options.leaderElect()) {
      leading = true;
      warnOfPolicies();
    }
    if (leading) {
      requestPass();
    }
  }

  private LeaderElectionConfiguration leaderElection() {
    Duration lease = options.leaseDuration();
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
        .withLeaseNamespace(namespace())
        .withIdentity(identity)
        .withLeaseDuration(lease)
        .withRenewDeadline(lease.multipliedBy(2).dividedBy(3))
        .withRetryPeriod(lease.dividedBy(6))
        .withLeaderCallbacks(
            new LeaderCallbacks(
                this::leads, this::leadsNoMore, leader -> LOG.info("the leader is {}", leader)))
        .withExitOnStopLeading(false)
        .build();
  }

  /** The operator's own: that of the Lease and of the agents' pods. */
  private String namespace() {
    return options
        .leaseNamespace()
        .orElse(client.getNamespace() == null ? "default" : client.getNamespace());
  }

  private static String identity() {
    String host = System.getenv().getOrDefault("HOSTNAME", "weft-operator");
    return host + "_" + UUID.randomUUID();
  }

  private void leads() {
    leading = true;
    LOG.info("leading");
    warnOfPolicies();
    Instant trusted = clock.instant().minus(options.leaseDuration().multipliedBy(2));
    lease
        .renewed()
        .filter(renewed -> renewed.isBefore(trusted) || lease.hasGap())
        .ifPresent(
            renewed ->
                settling.begin(
                    "the Lease %s was last renewed at %s, or could not be read since"
                        .formatted(LEASE, renewed)));
    lease.close();
    requestPass();
  }

  /** Of all pools, those that are not in force too. */
  private List<Cidr> ranges() {
    return controllers.allPools().stream()
        .map(ResourceMapper::pool)
        .flatMap(
            pool ->
                Stream.concat(
                    pool.accepted().stream(), pool.layout().map(BlockLayout::cidr).stream()))
        .toList();
  }

  private void warnOfPolicies() {
    if (options.policies()) {
      policyWarnings.follow(client);
    }
  }

  private void leadsNoMore() {
    leading = false;
    policyWarnings.close();
    passes.close();
    if (!closed) {
      LOG.warn("lost the Lease {}", LEASE);
      leaseLost.run();
    }
  }
}
