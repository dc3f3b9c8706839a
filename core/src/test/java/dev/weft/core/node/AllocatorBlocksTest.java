// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a change of a node's blocks means for the addresses that are allocated next. */
class AllocatorBlocksTest {
  private final AddressAllocator allocator = new AddressAllocator();

  @Test
  void aBlockThatIsGoneAllocatesNoMore() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/30"), block("10.244.2.0/30")));
    allocator.setBlocks(List.of(block("10.244.2.0/30")));
    assertThat(allocate()).isEqualTo("10.244.2.2");
    assertThatThrownBy(this::allocate)
        .isInstanceOf(AddressException.class)
        .hasMessageContaining("no free address in 10.244.2.0/30");
  }

  @Test
  void aBlockWhoseStateChangesKeepsTheOrderOfItsFreeAddresses() throws Exception {
    OwnBlock block = block("10.244.1.0/24");
    allocator.setBlocks(List.of(block));
    allocator.release(List.of(IpAddress.parse(allocate())));
    allocator.setBlocks(List.of(block.with(BlockState.DRAINING, "its IPPool is drained")));
    assertThatThrownBy(this::allocate).hasMessageContaining("its IPPool is drained");
    allocator.setBlocks(List.of(block));
    assertThat(allocate()).isEqualTo("10.244.1.3");
  }

  @Test
  void aBlockThatIsReservedAsAWholeHasNoAddressForAPod() {
    allocator.setBlocks(
        List.of(OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of(Cidr.parse("10.244.0.0/16")))));
    assertThat(allocator.usage())
        .containsExactly(new BlockUsage(Cidr.parse("10.244.1.0/24"), 0, 0));
    assertThatThrownBy(this::allocate).hasMessageContaining("all 0 are in use");
  }

  @Test
  void aFreeAddressThatBecomesReservedIsNotAllocated() {
    Cidr cidr = Cidr.parse("10.244.1.0/30");
    allocator.setBlocks(List.of(OwnBlock.of(cidr, List.of())));
    allocator.setBlocks(List.of(OwnBlock.of(cidr, List.of(Cidr.parse("10.244.1.2/32")))));
    assertThat(allocator.usage()).containsExactly(new BlockUsage(cidr, 0, 0));
    assertThatThrownBy(this::allocate).hasMessageContaining("all 0 are in use");
  }

  @Test
  void anAddressHasTheGatewayOfTheBlockThatContainsIt() {
    allocator.setBlocks(List.of(block("10.244.1.0/24"), block("10.244.2.0/24")));
    assertThat(allocator.gatewayOf(IpAddress.parse("10.244.2.7")))
        .contains(InterfaceAddress.parse("10.244.2.1/24"));
    assertThat(allocator.gatewayOf(IpAddress.parse("10.244.3.7"))).isEmpty();
  }

  private String allocate() throws AddressException {
    return allocator
        .allocate(AddressRequest.of(Optional.empty(), List.of()))
        .get(0)
        .address()
        .toString();
  }

  private static OwnBlock block(String cidr) {
    return OwnBlock.of(Cidr.parse(cidr), List.of());
  }
}
