// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.kernel.KernelDataplane;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Allocation;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Machine;
import dev.weft.core.node.NodeStateCalculator;
import dev.weft.core.node.PoolRange;
import dev.weft.core.node.Routing;
import dev.weft.core.node.ThisNode;
import dev.weft.core.node.TunnelSettings;
import dev.weft.core.pool.Block;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A program that programs many peers behind VXLAN tunnels from nothing, as one run of the agent's
 * loop does, and by turns has {@code ip} and {@code bridge} make the same objects in another
 * namespace. Prints a line for each measurement: {@code WHAT SIDE FAMILY ROUND MS}.
 */
public final class PeerProgramming {
  private static final ThisNode NODE =
      new ThisNode(
          "node1",
          "u1",
          Machine.UNKNOWN,
          List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd00:192::11")),
          Map.of());

  private static final int OWN = 0xf001;

  private final KernelDataplane dataplane;
  private final Set<Family> families;
  private final String label;

  private PeerProgramming(KernelDataplane dataplane, String families) {
    this.dataplane = dataplane;
    this.label = families;
    this.families =
        switch (families) {
          case "4" -> Set.of(Family.IPV4);
          case "6" -> Set.of(Family.IPV6);
          default -> Set.of(Family.values());
        };
  }

  /** Takes the number of peers, the families of their blocks (4, 6 or 46), and of rounds. */
  public static void main(String[] args) throws Exception {
    try (KernelDataplane dataplane = KernelDataplane.open(2)) {
      int rounds = Integer.parseInt(args[2]);
      PeerProgramming programming = new PeerProgramming(dataplane, args[1]);
      programming.measure(Integer.parseInt(args[0]), rounds);
    }
  }

  private void measure(int peers, int rounds) throws Exception {
    run(view(0));
    NodeState alone = dataplane.read();
    ClusterView all = view(peers);
    for (int round = 1; round <= rounds; round++) {
      Times times = run(all);
      print(round == 1 ? "peers-first" : "peers", "weft", round, times.runMillis());
      print("peers-apply", "weft", round, times.applyMillis());
      PeerBatch batch = PeerBatch.of(dataplane.read());
      for (Map.Entry<String, Double> part : batch.run("batch-" + label + "-" + round).entrySet()) {
        print("peers", part.getKey(), round, part.getValue());
      }
      dataplane.apply(Planner.plan(alone, dataplane.read(), InFlight.NONE));
    }
  }

  private void print(String what, String side, int round, double millis) {
    System.out.printf("%s\t%s\t%s\t%d\t%.2f%n", what, side, label, round, millis);
  }

  /** What a run of the loop took, and of that to make the objects. */
  private record Times(double runMillis, double applyMillis) {}

  /** One run of the loop. */
  private Times run(ClusterView view) throws Exception {
    long start = System.nanoTime();
    NodeState actual = dataplane.read();
    long read = System.nanoTime();
    NodeFacts facts = dataplane.facts(NodeStateCalculator.factsWanted(view));
    long known = System.nanoTime();
    Calculation calculation =
        NodeStateCalculator.calculate(
            view, TunnelSettings.DEFAULT, facts, List.of(), Set.of(), actual);
    List<Change<?>> plan = Planner.plan(calculation.desired(), actual, InFlight.NONE);
    long planned = System.nanoTime();
    List<Dataplane.Failure> failures = dataplane.apply(plan);
    long end = System.nanoTime();
    if (!failures.isEmpty()) {
      throw new IllegalStateException(failures.size() + " failed: " + failures.get(0));
    }
    System.err.printf(
        "%d changes: read %.1f, facts %.1f, plan %.1f, apply %.1f ms%n",
        plan.size(),
        (read - start) / 1e6,
        (known - read) / 1e6,
        (planned - known) / 1e6,
        (end - planned) / 1e6);
    return new Times((end - start) / 1e6, (end - planned) / 1e6);
  }

  private ClusterView view(int peers) {
    AllocationTable table = new AllocationTable(NODE, Duration.ofMinutes(10), false, 0);
    for (Family family : families) {
      Cidr range = Cidr.parse(family == Family.IPV4 ? "10.0.0.0/8" : "fd00:244::/48");
      table.upsertPool(
          new PoolRange(
              "pool" + family.version(),
              range,
              Optional.of(range),
              true,
              List.of(),
              true,
              Selector.ALL,
              true,
              Routing.VXLAN,
              true));
      table.upsert(
          allocation(block(range, OWN), NODE.name(), NODE.uid(), Endpoint.UNKNOWN), Instant.EPOCH);
      for (int peer = 1; peer <= peers; peer++) {
        table.upsert(
            allocation(block(range, peer), "peer" + peer, "uid" + peer, endpoint(peer)),
            Instant.EPOCH);
      }
    }
    return table.view();
  }

  private static Cidr block(Cidr range, int number) {
    return range.sub(range.family() == Family.IPV4 ? 24 : 64, number);
  }

  private static Endpoint endpoint(int peer) {
    IpAddress ipv4 = IpAddress.parse("192.168.2.0").plus(peer);
    IpAddress ipv6 = IpAddress.parse("fd00:192::2:0").plus(peer);
    return new Endpoint(
        List.of(ipv4, ipv6),
        Optional.of(List.of(Cidr.parse("192.168.0.0/16"), Cidr.parse("fd00:192::/64"))),
        Optional.of(new MacAddress(0x0a0102030000L + peer)));
  }

  private static Allocation allocation(Cidr block, String node, String uid, Endpoint endpoint) {
    return new Allocation(
        block.objectName(),
        block,
        "pool" + block.family().version(),
        new Allocation.Owner(node, uid, Machine.UNKNOWN),
        endpoint,
        Block.State.ACTIVE,
        1,
        false,
        Instant.EPOCH);
  }

  /** Makes the link that tunnels lead over. */
  static void prepareNode() throws Exception {
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
    Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), "1");
    Shell.run("ip link add uplink type veth peer name lan");
    Shell.run("ip link set uplink up");
    Shell.run("ip link set lan up");
    Shell.run("ip address add 192.168.1.11/16 dev uplink");
    Shell.run("ip address add fd00:192::11/64 dev uplink nodad");
  }
}
