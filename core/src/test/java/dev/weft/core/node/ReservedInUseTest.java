// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of addresses that pods have when they are reserved. */
class ReservedInUseTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/28"); // 13 addresses for pods
  private static final Cidr UPPER = Cidr.parse("10.244.1.8/29"); // 7 of them
  private static final List<IpAddress> HIGH = List.of(IpAddress.parse("10.244.1.9"));
  private static final List<IpAddress> LOW = List.of(IpAddress.parse("10.244.1.3"));

  private final AddressAllocator allocator = new AddressAllocator();

  @Test
  void anAddressInUseThatIsReservedStaysUsed() {
    allocator.setBlocks(List.of(block()));
    allocator.claim(HIGH);
    allocator.claim(LOW);
    allocator.setBlocks(List.of(block(UPPER)));

    assertUsage(6 + 1, 2);
  }

  @Test
  void onceItIsFreeItIsNobodysAndNotCounted() {
    allocator.setBlocks(List.of(block()));
    allocator.claim(HIGH);
    allocator.setBlocks(List.of(block(UPPER)));
    allocator.release(HIGH);

    assertUsage(6, 0);
    assertThat(allocateAll()).hasSize(6).noneMatch(UPPER::contains);
  }

  @Test
  void aNewAgentThatFindsSuchAPodCountsItToo() {
    allocator.claim(HIGH);
    allocator.setBlocks(List.of(block(UPPER)));

    assertUsage(6 + 1, 1);
  }

  @Test
  void aPodThatIsFoundAfterTheReservationIsCounted() {
    allocator.setBlocks(List.of(block(UPPER)));
    allocator.claim(HIGH);

    assertUsage(6 + 1, 1);
  }

  @Test
  void aReservationThatIsTakenBackFreesOnlyWhatNoPodHas() {
    allocator.setBlocks(List.of(block()));
    allocator.claim(HIGH);
    allocator.setBlocks(List.of(block(UPPER)));
    allocator.setBlocks(List.of(block()));

    assertUsage(13, 1);
    assertThat(allocateAll()).hasSize(12).doesNotContainAnyElementsOf(HIGH);
  }

  @Test
  void aPodThatEndsAfterTheReservationWasTakenBackLeavesItsAddressToOthers() {
    allocator.setBlocks(List.of(block(UPPER)));
    allocator.claim(HIGH);
    allocator.setBlocks(List.of(block()));
    allocator.release(HIGH);

    assertUsage(13, 0);
    assertThat(allocateAll()).hasSize(13).containsAll(HIGH);
  }

  @Test
  void nobodyGetsAReservedAddressByAskingForIt() {
    allocator.setBlocks(List.of(block(UPPER)));

    assertThatThrownBy(() -> allocator.allocate(AddressRequest.of(Optional.empty(), HIGH)))
        .isInstanceOf(AddressException.class)
        .hasMessageContaining("is reserved");
  }

  @Test
  void aBlockThatIsReservedAsAWholeIsUsedAsFarAsPodsHaveIt() {
    allocator.setBlocks(List.of(block()));
    allocator.claim(HIGH);
    allocator.claim(LOW);
    allocator.setBlocks(List.of(block(BLOCK)));

    assertUsage(2, 2);
    assertThat(allocateAll()).isEmpty();
    allocator.release(LOW);
    assertUsage(1, 1);
  }

  private void assertUsage(int capacity, int used) {
    assertThat(allocator.usage()).containsExactly(new BlockUsage(BLOCK, capacity, capacity - used));
  }

  private Set<IpAddress> allocateAll() {
    Set<IpAddress> all = new HashSet<>();
    try {
      while (true) {
        allocator
            .allocate(AddressRequest.of(Optional.empty(), List.of()))
            .forEach(allocated -> all.add(allocated.address()));
      }
    } catch (AddressException e) {
      return all;
    }
  }

  private static OwnBlock block(Cidr... reserved) {
    return OwnBlock.of(BLOCK, List.of(reserved));
  }
}
