// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.pool.AgentLiveness;
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
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running operator: connects, however long the API server is away, watches, and runs rounds
 * while it leads.
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
  private final ServiceRanges serviceRanges;
  private final AgentPods agentPods = new AgentPods();
  private final Watchers watchers;
  private final Round round;
  private final Rounds rounds;
  private final Thread connecting = new Thread(this::connect, "connect");
  private volatile Operator operator;
  private volatile String starting = "starting";
  private volatile boolean leading;
  private volatile boolean closed;

  /**
   * An operator that does nothing yet.
   *
   * @param leaseLost called when another may lead: nothing more is decided here, and the process
   *     should end
   */
  WeftOperator(
      KubernetesClient client,
      OperatorOptions options,
      MeterRegistry registry,
      Clock clock,
      Runnable leaseLost) {
    this(client, options, registry, clock, leaseLost, AgentLiveness.ANSWER_TIME);
  }

  /** As above; of its own, how long a lost agent may leave uncontradicted what its blocks say. */
  WeftOperator(
      KubernetesClient client,
      OperatorOptions options,
      MeterRegistry registry,
      Clock clock,
      Runnable leaseLost,
      Duration answerTime) {
    this.client = client;
    this.leaseLost = leaseLost;
    this.options = options;
    this.registry = registry;
    ClusterMetrics metrics = new ClusterMetrics(registry);
    this.serviceRanges = new ServiceRanges(options.serviceCidrs());
    this.watchers = new Watchers(this::request, this::toldOfAllocation);
    this.round =
        new Round(
            watchers,
            new Round.Output(new ClusterWriter(client), writes, new Events(client, clock), metrics),
            new ReleaseTimes(options.gracePeriod(), options.releaseHold()),
            serviceRanges::all,
            new Round.Agents(
                options.platforms(), agentPods::byNode, options.agentGrace(), answerTime),
            clock,
            System::nanoTime);
    this.rounds = new Rounds(round, metrics, clock);
    registry.gauge("weft.leader", this, self -> self.leading ? 1 : 0);
    connecting.setDaemon(true);
  }

  /** Connects in the background; returns at once. */
  void start() {
    connecting.start();
  }

  /** Stuck where what runs the rounds has died. */
  @Override
  public Optional<String> stuck() {
    return rounds.isAlive()
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
    String failure = rounds.failure();
    if (!failure.isEmpty()) {
      return HttpAnswer.text(503, failure + "; retrying\n");
    }
    String refused = writes.refused();
    return HttpAnswer.text(
        200,
        (leading ? "leading" : "standing by")
            + (refused.isEmpty() ? "" : "; refused by the API server: " + refused)
            + "\n");
  }

  @Override
  public void close() {
    closed = true;
    connecting.interrupt();
    rounds.close();
    writes.close();
    Operator running = operator;
    if (running != null) {
      running.stop();
    }
    serviceRanges.close();
    agentPods.close();
  }

  /** Passed over until every kind is listed: a decision without the nodes would be a wrong one. */
  private void request() {
    if (operator != null) {
      rounds.request();
    }
  }

  /** Only who leads decides; who leads later reads what it follows then. */
  private void changed() {
    if (leading) {
      request();
    }
  }

  private void toldOfAllocation(String name) {
    round.toldOfAllocation(name);
  }

  private void connect() {
    Duration retry = FIRST_RETRY;
    while (!closed) {
      try {
        new CrdUpgrade(client).run();
        check(IPPool.class);
        check(IPAllocation.class);
        serviceRanges.follow(client, this::changed);
        agentPods.follow(client, namespace(), this::changed);
        startOperator();
        return;
      } catch (KubernetesClientException | OperatorException | IllegalStateException e) {
        starting = words(e);
        LOG.warn("{}; another try in {}", starting, retry);
      } catch (RuntimeException | Error e) {
        starting = "a fault of the operator: " + e;
        LOG.error("connecting broke; another try in {}", retry, e);
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

  private String words(RuntimeException e) {
    if (e instanceof KubernetesClientException answer && answer.getCode() == 404) {
      return "API server %s has no IPPools and IPAllocations: kubectl apply -f crds/"
          .formatted(client.getMasterUrl());
    }
    if (e instanceof IllegalStateException) {
      return e.getMessage();
    }
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    if (e instanceof KubernetesClientException answer && answer.getCode() <= 0) {
      return "API server %s does not answer: %s".formatted(client.getMasterUrl(), root);
    }
    return "API server %s: %s".formatted(client.getMasterUrl(), root.getMessage());
  }

  private void startOperator() {
    Operator next =
        new Operator(
            overrider -> {
              overrider
                  .withKubernetesClient(client)
                  .withCloseClientOnStop(false)
                  .withCacheSyncTimeout(SYNC_TIMEOUT)
                  .withMetrics(MicrometerMetrics.withoutPerResourceMetrics(registry));
              if (options.leaderElect()) {
                overrider.withLeaderElectionConfiguration(leaderElection());
              }
            });
    watchers.registerWith(next);
    try {
      next.start();
    } catch (RuntimeException e) {
      next.stop();
      throw e;
    }
    operator = next;
    starting = "";
    LOG.info("watching IPPools, IPAllocations and Nodes");
    if (!options.leaderElect()) {
      leading = true;
    }
    if (leading) {
      request();
    }
  }

  private LeaderElectionConfiguration leaderElection() {
    Duration lease = options.leaseDuration();
    return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
        .withLeaseNamespace(namespace())
        .withIdentity(identity())
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
  }

  private void leadsNoMore() {
    leading = false;
    rounds.close();
    if (!closed) {
      LOG.warn("lost the Lease {}", LEASE);
      leaseLost.run();
    }
  }
}
