// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.pool.Block;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Over random sequences of what an API server may tell, lose and take back, with restarts of the
 * agent in between: what a running pod needs stays.
 */
class NodeStateCalculatorProperties {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final int BLOCKS = 6;
  private static final ThisNode NODE =
      new ThisNode("node1", "u1", Machine.UNKNOWN, List.of(IpAddress.parse("192.168.1.1")));
  private static final NodeFacts FACTS =
      new NodeFacts(
          List.of(
              new NodeFacts.Interface(
                  "eth0", 1500, List.of(InterfaceAddress.parse("192.168.1.1/24")))),
          Set.of(),
          Map.of(IpAddress.parse("192.168.1.2"), "eth0", IpAddress.parse("192.168.1.3"), "eth0"),
          Set.of(),
          Set.of(Family.values()),
          List.of());

  /** Something that happens. */
  enum Kind {
    TOLD,
    MADE_ANEW,
    RELEASING,
    DELETED,
    RESTART,
    POD_COMES,
    POD_GOES
  }

  record Event(Kind kind, int block, int node) {}

  @Provide
  Arbitrary<List<Event>> events() {
    return Combinators.combine(
            Arbitraries.of(Kind.values()),
            Arbitraries.integers().between(0, BLOCKS - 1),
            Arbitraries.integers().between(1, 3))
        .as(Event::new)
        .list()
        .ofMaxSize(60);
  }

  @Property(tries = 500)
  void a_route_goes_only_after_a_release_or_with_a_new_owner(@ForAll("events") List<Event> events) {
    World world = new World();
    Map<Cidr, IpAddress> mustStay = new HashMap<>();
    for (Event event : events) {
      world.happen(event);
      Cidr block = block(event.block());
      boolean newOwner =
          event.kind() == Kind.MADE_ANEW && !address(event.node()).equals(mustStay.get(block));
      if (newOwner || event.kind() == Kind.RELEASING || event.kind() == Kind.TOLD) {
        mustStay.remove(block);
      }
      if (event.kind() == Kind.TOLD && event.node() != 1) {
        mustStay.put(block, address(event.node()));
      }
      NodeState state = world.reconcile();
      mustStay.forEach(
          (destination, hop) ->
              assertThat(state.of(Route.KIND)).contains(Route.toPeer(destination, hop, "eth0")));
    }
  }

  @Property(tries = 500)
  void no_route_leads_to_an_owner_that_was_seen_to_lose_the_block(
      @ForAll("events") List<Event> events) {
    World world = new World();
    Map<Cidr, Integer> owners = new HashMap<>();
    for (Event event : events) {
      world.happen(event);
      Cidr block = block(event.block());
      NodeState state = world.reconcile();
      if (event.kind() == Kind.RESTART) {
        owners.clear();
      } else if (event.kind() == Kind.TOLD || event.kind() == Kind.MADE_ANEW) {
        Integer before = owners.put(block, event.node());
        if (before != null && before != event.node()) {
          assertThat(state.of(Route.KIND))
              .doesNotContain(Route.toPeer(block, address(before), "eth0"));
        }
      }
    }
  }

  @Property(tries = 500)
  void a_gateway_stays_until_the_last_pod_of_its_block(@ForAll("events") List<Event> events) {
    World world = new World();
    for (Event event : events) {
      world.happen(event);
      NodeState state = world.reconcile();
      Set<Cidr> served =
          state.of(Gateway.KIND).stream()
              .map(gateway -> gateway.address().network())
              .collect(Collectors.toSet());
      for (Attachment pod : world.pods.values()) {
        assertThat(served).anyMatch(block -> block.contains(pod.addresses().get(0)));
        assertThat(state.of(Route.KIND)).contains(Route.toPod(pod.addresses().get(0)));
      }
    }
  }

  @Property(tries = 500)
  void no_two_routes_have_one_destination(@ForAll("events") List<Event> events) {
    World world = new World();
    for (Event event : events) {
      world.happen(event);
      Set<Cidr> seen = new HashSet<>();
      for (Route route : world.reconcile().of(Route.KIND)) {
        assertThat(seen.add(route.destination())).as("%s", route).isTrue();
      }
    }
  }

  private static Cidr block(int number) {
    return Cidr.parse("10.244.0.0/16").sub(24, number);
  }

  private static IpAddress address(int node) {
    return IpAddress.parse("192.168.1." + node);
  }

  /** A node, its agent and its API server. */
  private static final class World {
    private final Map<String, Allocation> objects = new TreeMap<>();
    private final Map<Integer, Attachment> pods = new TreeMap<>();
    private AllocationTable table = table();
    private NodeState state = NodeState.EMPTY;
    private List<OwnBlock> blocks = new ArrayList<>();

    void happen(Event event) {
      Cidr block = block(event.block());
      switch (event.kind()) {
        case TOLD -> tell(allocation(block, event.node(), false));
        case MADE_ANEW -> tell(madeAnew(block, event.node()));
        case RELEASING ->
            Optional.ofNullable(objects.get(block.objectName()))
                .ifPresent(old -> tell(allocation(block, nodeOf(old), true)));
        case DELETED -> {
          objects.remove(block.objectName());
          table.delete(block.objectName(), START);
        }
        case RESTART -> {
          table = table();
          objects.values().forEach(object -> table.upsert(object, START));
        }
        case POD_COMES -> addPod(event.block());
        case POD_GOES -> pods.remove(event.block());
      }
    }

    NodeState reconcile() {
      Calculation calculation =
          NodeStateCalculator.calculate(
              table.view(), TunnelSettings.DEFAULT, FACTS, pods.values(), Set.of(), state);
      blocks = calculation.blocks();
      state = calculation.desired();
      return state;
    }

    private void tell(Allocation allocation) {
      objects.put(allocation.name(), allocation);
      table.upsert(allocation, START);
    }

    private void addPod(int number) {
      blocks.stream()
          .filter(block -> block.isAllocatable() && block.cidr().equals(block(number)))
          .findFirst()
          .ifPresent(block -> pods.put(number, pod(block.cidr(), number)));
    }

    private static int nodeOf(Allocation allocation) {
      return Integer.parseInt(allocation.owner().node().substring(4));
    }

    private static Attachment pod(Cidr block, int number) {
      return new Attachment(
          "weft",
          new AttachmentKey("c" + number, "eth0"),
          List.of(block.address().plus(2)),
          Optional.empty());
    }

    private static Allocation allocation(Cidr block, int node, boolean releasing) {
      return allocation(block, node, new Endpoint(List.of(address(node))), releasing);
    }

    private static AllocationTable table() {
      AllocationTable table = new AllocationTable(NODE, GRACE, true, 0);
      table.upsertPool(PoolRanges.accepted("four", "10.244.0.0/16"));
      return table;
    }

    /** As the operator makes it: the owner's agent tells its endpoint later. */
    private static Allocation madeAnew(Cidr block, int node) {
      return allocation(block, node, Endpoint.UNKNOWN, false);
    }

    private static Allocation allocation(
        Cidr block, int node, Endpoint endpoint, boolean releasing) {
      return new Allocation(
          block.objectName(),
          block,
          AllocationMaker.pool(block),
          new Allocation.Owner("node" + node, "u" + node, Machine.UNKNOWN),
          endpoint,
          Block.State.ACTIVE,
          1,
          releasing,
          START);
    }
  }
}
