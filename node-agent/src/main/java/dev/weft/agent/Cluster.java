// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cluster.AllocationStatusWriter;
import dev.weft.agent.cluster.ApiClients;
import dev.weft.agent.cluster.ClaimWriter;
import dev.weft.agent.cluster.ClusterWatch;
import dev.weft.agent.cluster.EventWriter;
import dev.weft.agent.cluster.PolicyFeed;
import dev.weft.agent.cluster.PolicyInformers;
import dev.weft.agent.cluster.SchemaRevisionCheck;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.ThisNode;
import dev.weft.netlink.libc.NativeHeap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Everything that communicates with the API server: nothing else waits for any of it.
 *
 * @param client the connection
 * @param watch reads IPAllocations, IPPools and this node's Node
 * @param statuses writes the status of this node's allocations
 * @param claims claims blocks whose allocations were lost
 * @param events writes Events on this node and its pods
 * @param policies watches network policies and what they name; empty where nobody reads them
 * @param schema whether its CRDs are as new as this agent
 * @param writer the thread that writes statuses
 */
record Cluster(
    KubernetesClient client,
    ClusterWatch watch,
    AllocationStatusWriter statuses,
    ClaimWriter claims,
    EventWriter events,
    Optional<PolicyInformers> policies,
    SchemaRevisionCheck schema,
    ScheduledExecutorService writer)
    implements AutoCloseable {
  private static final int CONNECTION_CHECK_SECONDS = 1;
  private static final int SCHEMA_CHECK_SECONDS = 10;
  private static final int USAGE_CHECK_MS = 500;
  private static final int FIRST_TRIM_SECONDS = 10;
  private static final int TRIM_SECONDS = 60;

  /**
   * Begins to follow the API server.
   *
   * @throws RuntimeException if no client can be made, of an unreadable kubeconfig for instance
   */
  static Cluster connect(
      AgentOptions options,
      ClusterView remembered,
      Optional<PolicyFeed> policies,
      Runnable onChange) {
    Clock clock = Clock.systemUTC();
    KubernetesClient client = ApiClients.create(options.kubeconfig());
    try {
      return connect(client, options, remembered, policies, clock, onChange);
    } catch (RuntimeException | Error e) {
      client.close();
      throw e;
    }
  }

  private static Cluster connect(
      KubernetesClient client,
      AgentOptions options,
      ClusterView remembered,
      Optional<PolicyFeed> policies,
      Clock clock,
      Runnable onChange) {
    ClusterWatch watch =
        new ClusterWatch(
            client,
            options.nodeName(),
            new AllocationTable(
                ThisNode.unread(options.nodeName(), remembered.nodeAddresses()),
                options.orphanRouteGrace(),
                remembered.blocks().isEmpty(),
                System.nanoTime()),
            remembered,
            clock,
            onChange);
    ScheduledExecutorService writer =
        Executors.newSingleThreadScheduledExecutor(AgentThread.STATUSES.factory());
    AllocationStatusWriter statuses = new AllocationStatusWriter(client, watch, writer, clock);
    Optional<PolicyInformers> policyInformers =
        policies.map(feed -> policyInformers(client, options, feed, statuses));
    watch.start();
    writer.scheduleWithFixedDelay(
        AgentThread.STATUSES.containFailures(watch::checkConnection),
        CONNECTION_CHECK_SECONDS,
        CONNECTION_CHECK_SECONDS,
        TimeUnit.SECONDS);
    SchemaRevisionCheck schema = new SchemaRevisionCheck(client, onChange);
    writer.scheduleWithFixedDelay(
        AgentThread.STATUSES.containFailures(schema), 0, SCHEMA_CHECK_SECONDS, TimeUnit.SECONDS);
    writer.scheduleWithFixedDelay(
        AgentThread.STATUSES.containFailures(NativeHeap::trim),
        FIRST_TRIM_SECONDS,
        TRIM_SECONDS,
        TimeUnit.SECONDS);
    policyInformers.ifPresent(PolicyInformers::start);
    return new Cluster(
        client,
        watch,
        statuses,
        new ClaimWriter(client, watch, options.nodeName(), writer, System::nanoTime),
        new EventWriter(client, options.nodeName(), clock),
        policyInformers,
        schema,
        writer);
  }

  private static PolicyInformers policyInformers(
      KubernetesClient client,
      AgentOptions options,
      PolicyFeed feed,
      AllocationStatusWriter statuses) {
    return new PolicyInformers(
        client,
        () -> ApiClients.create(options.kubeconfig()),
        options.nodeName(),
        feed,
        statuses::nodes,
        () -> ThreadLocalRandom.current().nextDouble(),
        System::nanoTime);
  }

  /**
   * Begins to compare the use of blocks, twice a second: an ADD or DEL does not wake the loop.
   *
   * @param check compares once, on the thread that writes statuses
   */
  void checkUsage(Runnable check) {
    writer.scheduleWithFixedDelay(
        AgentThread.STATUSES.containFailures(check),
        USAGE_CHECK_MS,
        USAGE_CHECK_MS,
        TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    events.close();
    writer.shutdownNow();
    policies.ifPresent(PolicyInformers::close);
    watch.close();
    client.close();
  }
}
