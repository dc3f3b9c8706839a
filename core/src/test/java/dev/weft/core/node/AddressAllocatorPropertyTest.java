// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Over random lives of a node, restarts included: no address twice, none lost. */
class AddressAllocatorPropertyTest {
  private static final Cidr RESERVED = Cidr.parse("10.244.1.4/31");
  private static final OwnBlock FIRST = OwnBlock.of(Cidr.parse("10.244.1.0/28"), List.of());
  private static final OwnBlock FIRST_RESERVED =
      OwnBlock.of(Cidr.parse("10.244.1.0/28"), List.of(RESERVED));
  private static final OwnBlock SECOND = OwnBlock.of(Cidr.parse("10.244.7.0/29"), List.of());
  private static final OwnBlock SIX = OwnBlock.of(Cidr.parse("fd00::/124"), List.of());

  /** What blocks the node may have at a time. */
  private static final List<List<OwnBlock>> BLOCKS =
      List.of(
          List.of(FIRST),
          List.of(FIRST_RESERVED),
          List.of(FIRST, SECOND),
          List.of(SIX),
          List.of(FIRST, SIX),
          List.of(FIRST_RESERVED, SECOND, SIX),
          List.of(FIRST.with(BlockState.DRAINING, "for a test"), SECOND),
          List.of());

  /** Blocks any two of which may be equal or overlap, in any state. */
  @Provide
  Arbitrary<List<OwnBlock>> anyBlocks() {
    Arbitrary<Cidr> cidrs =
        Combinators.combine(
                Arbitraries.integers().between(24, 29), Arbitraries.integers().between(0, 255))
            .as((length, last) -> Cidr.containing(FIRST.cidr().address().plus(last), length));
    return Combinators.combine(cidrs, Arbitraries.of(BlockState.class))
        .as((cidr, state) -> OwnBlock.of(cidr, List.of()).with(state, "for a test"))
        .list()
        .ofMaxSize(8);
  }

  @Property(tries = 500)
  void blocksThatOverlapAreNeverHeldTogetherAndNoAddressOfTheirsIsAllocatedTwice(
      @ForAll("anyBlocks") List<OwnBlock> first, @ForAll("anyBlocks") List<OwnBlock> then)
      throws Exception {
    AddressAllocator allocator = new AddressAllocator();
    Set<IpAddress> given = new HashSet<>();
    for (List<OwnBlock> blocks : List.of(first, then, first)) {
      allocator.setBlocks(blocks);
      List<Cidr> held = allocator.usage().stream().map(BlockUsage::cidr).toList();
      for (int i = 0; i < held.size(); i++) {
        assertThat(held.subList(i + 1, held.size())).noneMatch(held.get(i)::overlaps);
      }
      for (int pod = 0; pod < 3 && allocator.usage().stream().anyMatch(isFree(blocks)); pod++) {
        IpAddress address = allocator.allocate(anyFree()).get(0).address();
        assertThat(given.add(address)).as("%s is allocated once", address).isTrue();
        assertThat(blocks)
            .anyMatch(block -> block.isAllocatable() && block.cidr().contains(address));
      }
    }
  }

  private static Predicate<BlockUsage> isFree(List<OwnBlock> blocks) {
    return usage ->
        usage.free() > 0
            && blocks.stream()
                .anyMatch(block -> block.isAllocatable() && block.cidr().equals(usage.cidr()));
  }

  /** A step: what to do, and a number that says with which. */
  record Step(Action action, int number) {}

  enum Action {
    ADD,
    ADD_REQUESTED,
    BEGIN_DELETE,
    END_DELETE,
    CHANGE_BLOCKS,
    RESTART
  }

  @Provide
  Arbitrary<List<Step>> lives() {
    Arbitrary<Action> actions = Arbitraries.of(Action.class);
    Arbitrary<Integer> numbers = Arbitraries.integers().between(0, 1000);
    return Combinators.combine(actions, numbers).as(Step::new).list().ofMaxSize(120);
  }

  @Property(tries = 500)
  void noAddressIsAllocatedTwiceAndNoneIsLost(@ForAll("lives") List<Step> life) {
    Node node = new Node();
    for (Step step : life) {
      node.take(step);
      node.verify();
    }
    node.deleteAll();
    node.verify();
    assertThat(node.allocator.usage()).allSatisfy(usage -> assertThat(usage.used()).isZero());
  }

  @Property(tries = 200)
  void anAddressJustFreedComesAfterEveryOtherFreeOne(
      @ForAll("lives") List<Step> life, @ForAll @IntRange(max = 1000) int which) throws Exception {
    Node node = new Node();
    life.stream().filter(step -> step.action() != Action.CHANGE_BLOCKS).forEach(node::take);
    if (node.pods.isEmpty()) {
      return;
    }
    List<IpAddress> freed = node.pods.remove(which % node.pods.size());
    node.allocator.release(freed);

    for (int i = node.allocator.usage().get(0).free(); i > 1; i--) {
      assertThat(node.allocator.allocate(anyFree()).get(0).address()).isNotEqualTo(freed.get(0));
    }
    assertThat(node.allocator.allocate(anyFree()).get(0).address()).isEqualTo(freed.get(0));
  }

  private static AddressRequest anyFree() {
    return AddressRequest.of(Optional.empty(), List.of());
  }

  /** A node with its pods, beside the allocator that serves it. */
  private static final class Node {
    private AddressAllocator allocator = new AddressAllocator();
    private List<OwnBlock> blocks = BLOCKS.get(0);
    private final List<List<IpAddress>> pods = new ArrayList<>();
    private final List<List<IpAddress>> leaving = new ArrayList<>();

    Node() {
      allocator.setBlocks(blocks);
    }

    void take(Step step) {
      int number = step.number();
      switch (step.action()) {
        case ADD -> add(List.of());
        case ADD_REQUESTED -> add(List.of(FIRST.cidr().address().plus(number % 17)));
        case BEGIN_DELETE -> pick(pods, number).ifPresent(this::beginDelete);
        case END_DELETE -> pick(leaving, number).ifPresent(allocator::release);
        case CHANGE_BLOCKS -> {
          blocks = BLOCKS.get(number % BLOCKS.size());
          allocator.setBlocks(blocks);
        }
        case RESTART -> restart(number % 2 == 0);
      }
    }

    private static Optional<List<IpAddress>> pick(List<List<IpAddress>> from, int number) {
      return from.isEmpty() ? Optional.empty() : Optional.of(from.remove(number % from.size()));
    }

    private void beginDelete(List<IpAddress> pod) {
      allocator.quarantine(pod);
      leaving.add(pod);
    }

    private void restart(boolean blocksFirst) {
      allocator = new AddressAllocator();
      if (blocksFirst) {
        allocator.setBlocks(blocks);
      }
      pods.forEach(allocator::claim);
      leaving.forEach(allocator::claim);
      leaving.forEach(allocator::quarantine);
      allocator.setBlocks(blocks);
    }

    private void add(List<IpAddress> requested) {
      List<BlockUsage> before = allocator.usage();
      try {
        List<IpAddress> got =
            allocator.allocate(AddressRequest.of(Optional.empty(), requested)).stream()
                .map(AllocatedAddress::address)
                .toList();
        assertThat(got).containsAll(requested);
        assertThat(got)
            .hasSize((int) blocks.stream().map(b -> b.cidr().family()).distinct().count());
        assertThat(inUse()).doesNotContainAnyElementsOf(got);
        got.forEach(this::verifyAllowed);
        pods.add(got);
      } catch (AddressException e) {
        assertThat(allocator.usage()).isEqualTo(before);
        if (e.reason() == AddressException.Reason.FULL) {
          assertThat(before).anyMatch(usage -> usage.free() == 0);
        }
      }
    }

    private void verifyAllowed(IpAddress address) {
      OwnBlock block =
          blocks.stream().filter(b -> b.cidr().contains(address)).findFirst().orElseThrow();
      assertThat(block.isAllocatable()).isTrue();
      assertThat(block.gateway().address()).isNotEqualTo(address);
      assertThat(block.cidr().address()).isNotEqualTo(address);
      assertThat(block.reserved()).noneMatch(range -> range.contains(address));
    }

    /** What pods have of a block is in use, also what was reserved since, and the list has it. */
    void verify() {
      Set<IpAddress> inUse = inUse();
      for (BlockUsage usage : allocator.usage()) {
        long used = inUse.stream().filter(usage.cidr()::contains).count();
        assertThat(usage.used()).isEqualTo((int) used);
      }
      Set<IpAddress> listed = new HashSet<>();
      allocator
          .list(64)
          .forEach(
              (address, status) -> {
                if (status != AddressStatus.FREE) {
                  listed.add(address);
                }
              });
      assertThat(listed).isEqualTo(inUse);
    }

    void deleteAll() {
      pods.forEach(allocator::release);
      leaving.forEach(allocator::release);
      pods.clear();
      leaving.clear();
    }

    private Set<IpAddress> inUse() {
      Set<IpAddress> inUse = new HashSet<>();
      pods.forEach(inUse::addAll);
      leaving.forEach(inUse::addAll);
      return inUse;
    }
  }
}
