// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A cluster that things happen to: nodes come, go and register again, users change pools and delete
 * allocations, operators and agents restart, writes are lost or late, clocks jump. After each step
 * no address may be two pods'.
 *
 * <p>No cache lags and no write is under way for more than a few steps, and an allocation that is
 * deleted by mistake had been there for longer: otherwise nobody who allocates could know of it.
 */
final class ClusterSimulation {
  private static final List<String> NAMES = List.of("a", "b", "c", "d");

  /** Ranges that users declare: the first at the start; some overlap those of another pool. */
  private static final Map<String, List<String>> RANGES =
      Map.of(
          "four", List.of("10.0.0.0/22", "10.0.0.0/21", "10.0.0.0/20"),
          "more", List.of("10.0.8.0/22", "10.0.8.0/21", "10.0.0.0/20"),
          "third", List.of("10.0.16.0/22", "10.0.16.0/21"),
          "six", List.of("fd00::/61"));

  private final Random random;
  private final SimulatedApi api;
  private final Map<String, SimulatedAgent> agents = new TreeMap<>();
  private final List<SimulatedOperator> operators = new ArrayList<>();
  private long now;
  private int serial;

  ClusterSimulation(long seed) {
    random = new Random(seed);
    api = new SimulatedApi(random);
    int age = 0;
    for (String name : List.of("four", "more", "third", "six")) {
      Pool pool = PoolSamples.created(declared(name, 0), age++);
      boolean undecided = name.equals("third");
      api.pools.put(name, undecided ? pool : PoolSamples.accepted(pool, RANGES.get(name).get(0)));
    }
    api.endStep();
    for (int i = 0; i < 2; i++) {
      operators.add(new SimulatedOperator(api, random, this::assertUnused));
    }
    NAMES.subList(0, 3).forEach(this::add);
  }

  /** Lets one thing happen, and everybody react or not. */
  void step() {
    now += 1 + random.nextInt(20);
    happen(NAMES.get(random.nextInt(NAMES.size())));
    operators.get(0).read(random.nextInt(3) > 0);
    operators.get(0).pass(now);
    operators.get(1).read(false);
    if (random.nextInt(4) == 0) {
      operators.get(1).pass(now);
    }
    for (SimulatedAgent agent : agents.values()) {
      if (agent.isDue() || random.nextInt(3) > 0) {
        agent.act(false, false, now);
        if (agent.hasDrained() && random.nextInt(3) == 0) {
          agent.restart();
        }
      }
    }
    api.endStep();
    check();
  }

  private void happen(String name) {
    switch (random.nextInt(30)) {
      case 0, 1 -> add(name);
      case 2 -> remove(name);
      case 3 -> api.nodes.computeIfPresent(name, (key, old) -> register(key, old.machine()));
      case 4 -> {
        remove(name);
        add(name);
      }
      case 5, 6 -> deleteByMistake(4);
      case 7 -> deleteByMistake(1);
      case 8, 9 -> loseEverything();
      case 10 -> handMade();
      case 11 -> operators.get(random.nextInt(2)).restart();
      case 12 -> operators.get(random.nextInt(2)).setClock(random.nextInt(7_200) - 3_600);
      case 13, 14 -> agents.values().forEach(SimulatedAgent::restart);
      case 15, 16, 17, 18, 19, 20, 21 -> turn();
      case 22, 23 -> changeState();
      case 24, 25 -> changeRange();
      case 26 -> now += 300 + random.nextInt(600);
      default -> {} // time passes
    }
  }

  /** Lets nothing more happen and every pod end, with at least one node, until nothing changes. */
  void settle() {
    add("last");
    api.becomeReliable();
    operators.get(0).setClock(0);
    for (int i = 0; i < 40; i++) {
      now += 700;
      api.endStep();
      check();
      agents.values().forEach(SimulatedAgent::stopPods);
      operators.get(0).read(true);
      operators.get(0).pass(now);
      agents.values().forEach(agent -> agent.act(true, true, now));
    }
    api.endStep();
    operators.get(0).read(true);
  }

  /** Every node has what its pools can give, and no drain waits for anything but room. */
  void assertSettled() {
    AllocationPlan plan = operators.get(0).plan(now);
    assertThat(plan.create()).isEmpty();
    assertThat(plan.states()).isEmpty();
    assertThat(plan.refused()).isEmpty();
    assertThat(plan.steps()).isEmpty();
    assertThat(plan.delete()).isEmpty();
    assertThat(plan.surplus()).isEmpty();
    assertThat(plan.owners().keySet()).containsAll(api.blocks.keySet());
    boolean room =
        plan.pools().entrySet().stream()
            .filter(pool -> !pool.getKey().equals("six"))
            .anyMatch(pool -> pool.getValue().verdict().allocates() && pool.getValue().free() > 0);
    if (room) {
      for (String pool : List.of("four", "more", "third")) {
        boolean drains = api.pools.get(pool).isDraining();
        assertThat(drains && plan.pools().get(pool).allocated() > 0).as("drain " + pool).isFalse();
      }
      assertThat(plan.owners().values())
          .extracting(ClusterNode::name)
          .containsAll(api.nodes.keySet());
    }
  }

  /** Applying the states of a plan leaves nothing to change, but for claims that leave again. */
  void assertIdempotent() {
    ClusterState state = operators.get(0).state(now);
    for (int pass = 0; pass < 2; pass++) {
      Map<Cidr, Block.State> states =
          AllocationPlanner.plan(state, PoolSamples.TIMES, PoolSamples.at(now)).states();
      List<Block> blocks = new ArrayList<>();
      for (Block block : state.blocks()) {
        Block.State to = states.getOrDefault(block.cidr(), block.state());
        assertThat(pass == 0 || to == block.state() || to == Block.State.DRAINING).isTrue();
        blocks.add(PoolSamples.in(to, block));
      }
      state =
          new ClusterState(
              state.pools(),
              state.nodes(),
              blocks,
              state.remembered(),
              state.serviceCidrs(),
              state.platforms(),
              state.history(),
              state.settling());
    }
    assertThat(AllocationPlanner.plan(state, PoolSamples.TIMES, PoolSamples.at(now)).states())
        .isEmpty();
  }

  /** No two nodes use one address, and ranges in force hold their blocks and do not overlap. */
  private void check() {
    Map<Cidr, String> used = new TreeMap<>();
    agents.forEach(
        (node, agent) ->
            agent
                .used()
                .forEach(
                    cidr -> {
                      if (used.keySet().stream().anyMatch(cidr::overlaps)) {
                        fail("%s of %s, and of %s", cidr, node, used);
                      }
                      used.put(cidr, node);
                    }));
    List<Cidr> ranges =
        api.pools.values().stream().flatMap(pool -> pool.accepted().stream()).sorted().toList();
    for (int i = 1; i < ranges.size(); i++) {
      if (ranges.get(i - 1).overlaps(ranges.get(i))) {
        fail("ranges in force overlap: %s", ranges);
      }
    }
    for (SimulatedApi.Stored stored : api.blocks.values()) {
      Block block = stored.block();
      if (block.state() != Block.State.CLAIMED && !block.owner().node().equals("stranger")) {
        if (api.pools.get(block.pool()).accepted().stream()
            .noneMatch(range -> range.contains(block.cidr()))) {
          fail("%s outside the range in force of %s", block.cidr(), block.pool());
        }
      }
    }
  }

  private void assertUnused(Cidr block) {
    agents.forEach(
        (node, agent) -> assertThat(agent.isUsed(block)).as(block + " of " + node).isFalse());
  }

  private void add(String name) {
    if (!api.nodes.containsKey(name)) {
      api.nodes.put(name, register(name, new Machine("system-" + name, "boot-" + serial++)));
      agents.put(name, new SimulatedAgent(name, api, random));
    }
  }

  private void remove(String name) {
    api.nodes.remove(name);
    agents.remove(name);
  }

  private ClusterNode register(String name, Machine machine) {
    return PoolSamples.node(name, "uid-" + serial++, now, machine);
  }

  private void deleteByMistake(int oneIn) {
    int youngest = api.newest() - 3 * SimulatedApi.MAX_DELAY;
    api.blocks
        .values()
        .removeIf(stored -> stored.bornIn() < youngest && random.nextInt(oneIn) == 0);
  }

  /** The allocations are lost, and the operators begin again without having seen them. */
  private void loseEverything() {
    deleteByMistake(1);
    api.endStep();
    operators.forEach(operator -> operator.restart());
  }

  /** A user drains one of two pools, or ends that. */
  private void turn() {
    api.pools.computeIfPresent(
        random.nextBoolean() ? "four" : "more",
        (key, pool) ->
            PoolSamples.in(
                pool.state() == Pool.State.DRAINING ? Pool.State.ACTIVE : Pool.State.DRAINING,
                pool));
  }

  /** A block of a node that is not there, where no pod has an address. */
  private void handMade() {
    Cidr cidr =
        Cidr.containing(
            Cidr.parse("10.0.0.0/19").sub(28, random.nextInt(512)).address(),
            23 + random.nextInt(5));
    boolean inUse =
        agents.values().stream().anyMatch(agent -> agent.knows().stream().anyMatch(cidr::overlaps));
    if (!inUse) {
      api.create(PoolSamples.block(cidr.toString(), PoolSamples.node("stranger", now), "four"));
    }
  }

  private void changeState() {
    String name = new ArrayList<>(api.pools.keySet()).get(random.nextInt(4));
    Pool.State[] states = Pool.State.values();
    api.pools.computeIfPresent(
        name, (key, pool) -> PoolSamples.in(states[random.nextInt(states.length)], pool));
    if (random.nextInt(20) == 0) {
      api.pools.computeIfPresent("third", (key, pool) -> PoolSamples.deleting(pool));
    }
  }

  /** A declared range holds the one in force, as the schema has it. */
  private void changeRange() {
    String name = new ArrayList<>(api.pools.keySet()).get(random.nextInt(4));
    Pool old = api.pools.get(name);
    Pool wanted = declared(name, random.nextInt(RANGES.get(name).size()));
    boolean legal =
        old.accepted()
            .or(() -> old.layout().map(BlockLayout::cidr))
            .filter(wanted.layout().orElseThrow().cidr()::contains)
            .isPresent();
    if (legal) {
      api.pools.put(
          name,
          new Pool(
              name,
              old.created(),
              wanted.layout(),
              "",
              old.accepted(),
              old.selector(),
              old.state(),
              old.deleting(),
              old.maxPerNode()));
    }
  }

  private static Pool declared(String name, int range) {
    String cidr = RANGES.get(name).get(range);
    return switch (name) {
      case "four" -> PoolSamples.pool(name, cidr, 24, "10.0.0.0/24", "10.0.3.128/25");
      case "six" -> PoolSamples.pool(name, cidr, 64, "fd00::/64");
      default -> PoolSamples.pool(name, cidr, 24);
    };
  }
}
