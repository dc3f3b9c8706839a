// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.ClusterNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether the network is as it should be: every pool is Ready or disabled, every node has a block
 * that its agent serves, and this very process, in a pod, has an address of a pool. That it can
 * read at all shows that a pod reaches the API server through its Service.
 */
final class ClusterCheck {
  private final KubernetesClient client;
  private final List<String> podIps;
  private final AgentPlatforms platforms;

  /**
   * One that has not run.
   *
   * @param podIps the addresses of the pod that this process is in; empty: in none
   * @param platforms which nodes an agent can run on: the others need no block
   */
  ClusterCheck(KubernetesClient client, List<String> podIps, AgentPlatforms platforms) {
    this.platforms = platforms;
    this.client = client;
    this.podIps = podIps;
  }

  /** Prints what it finds; whether all is well. */
  boolean run(PrintStream out) {
    List<String> problems;
    try {
      problems = problems(out);
    } catch (KubernetesClientException e) {
      problems = List.of("API server " + client.getMasterUrl() + ": " + FailureReason.of(e));
    }
    problems.forEach(problem -> out.println("FAILED " + problem));
    return problems.isEmpty();
  }

  private List<String> problems(PrintStream out) {
    List<IPPool> pools = client.resources(IPPool.class).list().getItems();
    List<IPAllocation> allocations = client.resources(IPAllocation.class).list().getItems();
    List<String> nodes =
        client.nodes().list().getItems().stream()
            .map(ResourceMapper::node)
            .filter(node -> platforms.include(node.labels()))
            .map(ClusterNode::name)
            .toList();
    out.println("ok     API server " + client.getMasterUrl() + " answers");
    List<String> problems = new ArrayList<>();
    if (pools.isEmpty()) {
      problems.add("there is no IPPool: kubectl apply -f examples/ippool.yaml");
    }
    pools.forEach(pool -> pool(pool, out).ifPresent(problems::add));
    Set<String> served =
        allocations.stream()
            .filter(allocation -> allocation.getStatus() != null)
            .filter(
                allocation ->
                    find(allocation.getStatus().conditions(), Conditions.PROGRAMMED)
                        .filter(condition -> condition.getStatus().equals("True"))
                        .isPresent())
            .map(allocation -> allocation.getSpec().node())
            .collect(Collectors.toSet());
    nodes.stream()
        .filter(node -> !served.contains(node))
        .map("node %s has no block that its agent serves: kubectl describe node %1$s"::formatted)
        .forEach(problems::add);
    out.println("ok     nodes with a block: " + nodes.stream().filter(served::contains).count());
    podIps.forEach(ip -> address(ip, pools, out).ifPresent(problems::add));
    return problems;
  }

  private static Optional<String> pool(IPPool pool, PrintStream out) {
    String name = "IPPool " + pool.getMetadata().getName();
    Optional<Condition> ready =
        pool.getStatus() == null
            ? Optional.empty()
            : find(pool.getStatus().conditions(), Conditions.READY);
    if (ready.isEmpty()) {
      return Optional.of(name + " has no status: no operator runs");
    }
    if (!PoolReason.isIntended(ready.get().getReason())) {
      return Optional.of(name + ": " + ready.get().getMessage());
    }
    out.println("ok     " + name + ": " + ready.get().getMessage());
    return Optional.empty();
  }

  private static Optional<String> address(String ip, List<IPPool> pools, PrintStream out) {
    Optional<IPPool> pool =
        pools.stream()
            .filter(any -> Cidr.parse(any.getSpec().cidr()).contains(IpAddress.parse(ip)))
            .findFirst();
    pool.ifPresent(
        any ->
            out.println(
                "ok     this pod's address %s is of IPPool %s"
                    .formatted(ip, any.getMetadata().getName())));
    return pool.isPresent()
        ? Optional.empty()
        : Optional.of(
            "this pod's address %s is of no IPPool: another network served it".formatted(ip));
  }

  private static Optional<Condition> find(List<Condition> conditions, String type) {
    return Optional.ofNullable(conditions).orElse(List.of()).stream()
        .filter(condition -> type.equals(condition.getType()))
        .findFirst();
  }
}
