// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressAllocatorTest {
  private final AddressAllocator allocator = new AddressAllocator();

  @ParameterizedTest
  @CsvSource({
    "10.244.1.0/24,10.244.1.2,10.244.1.3",
    "fd00:244:0:1::/64,fd00:244:0:1::2,fd00:244:0:1::3"
  })
  void thePodsFollowTheGateway(String block, String first, String second) throws Exception {
    allocator.setBlocks(List.of(block(block)));

    assertThat(next()).containsExactly(first);
    assertThat(next()).containsExactly(second);
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.0/24,253", // less network, gateway and broadcast
    "10.244.1.0/30,1",
    "10.244.1.0/31,0",
    "10.244.0.0/14,65534", // only the first 65,536; the broadcast is not among them
    "fd00::/64,65534",
    "fd00::/120,254",
    "fd00::/127,0"
  })
  void aBlockHasSoManyAddresses(String block, int capacity) {
    allocator.setBlocks(List.of(block(block)));

    assertThat(allocator.usage())
        .containsExactly(new BlockUsage(Cidr.parse(block), capacity, capacity));
  }

  @ParameterizedTest
  @CsvSource({"10.244.1.0/29", "fd00::/125"})
  void anAddressJustFreedIsTheLastToBeReused(String block) throws Exception {
    allocator.setBlocks(List.of(block(block)));
    String first = next().get(0);
    String second = next().get(0);
    release(second);
    release(first);
    int free = allocator.usage().get(0).free();

    List<String> later = new ArrayList<>();
    for (int i = 0; i < free; i++) {
      later.addAll(next());
    }

    assertThat(later).endsWith(second, first);
  }

  @Test
  void whatIsBeingRemovedIsNotAllocatedAgainBeforeItIsReleased() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/30")));
    String only = next().get(0);
    allocator.quarantine(addresses(only));

    assertThat(allocator.list(10))
        .containsExactly(Map.entry(IpAddress.parse(only), AddressStatus.RELEASING));
    assertThat(refusal().reason()).isEqualTo(Reason.FULL);
    release(only);
    assertThat(next()).containsExactly(only);
  }

  @Test
  void reservedRangesAreNeverAllocated() throws Exception {
    allocator.setBlocks(
        List.of(block("10.244.1.0/29", "10.244.1.2/31", "10.244.1.5/32", "10.244.0.0/24")));

    assertThat(next()).containsExactly("10.244.1.4");
    assertThat(next()).containsExactly("10.244.1.6");
    assertThat(refusal())
        .hasMessage(
            "no free address in 10.244.1.0/29: all 2 are in use; a pod that ends makes room, a wider or further IPPool more");
    assertThat(refusal("10.244.1.5"))
        .hasMessage("address 10.244.1.5 of block 10.244.1.0/29 is reserved: no pod may have it");
  }

  @Test
  void aReservationMayComeAndGo() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/30")));
    next();
    allocator.setBlocks(List.of(block("10.244.1.0/30", "10.244.1.2/32")));
    release("10.244.1.2");
    assertThat(refusal().reason()).isEqualTo(Reason.FULL);

    allocator.setBlocks(List.of(block("10.244.1.0/30")));

    assertThat(next()).containsExactly("10.244.1.2");
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.0,NOT_OURS",
    "10.244.1.1,NOT_OURS",
    "10.244.1.255,NOT_OURS",
    "10.244.2.2,NOT_OURS",
    "fd00::2,NOT_OURS",
    "10.244.1.2,TAKEN"
  })
  void anAddressThatCannotBeAllocatedIsRefused(String requested, Reason reason) throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/24")));
    next();

    assertThat(refusal(requested).reason()).isEqualTo(reason);
    assertThat(refusal(requested)).hasMessageContaining(requested);
    assertThat(allocator.usage().get(0).used()).isEqualTo(1);
  }

  @Test
  void aRequestedAddressIsAllocated() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/24"), block("fd00::/64")));

    assertThat(next("10.244.1.77")).containsExactly("10.244.1.77", "fd00::4d");
    assertThat(next("fd00::4e", "10.244.1.5")).containsExactly("10.244.1.5", "fd00::4e");
    assertThat(next("fd00::f00")).containsExactly("10.244.1.2", "fd00::f00");
  }

  @Test
  void twoRequestedAddressesOfOneFamilyAreRefusedAndNeitherIsTaken() {
    allocator.setBlocks(List.of(block("10.244.1.0/24")));

    assertThat(refusal("10.244.1.5", "10.244.1.6").reason()).isEqualTo(Reason.NOT_OURS);
    assertThat(refusal("10.244.1.5", "10.244.1.6"))
        .hasMessage("two addresses of one family were requested: [10.244.1.5, 10.244.1.6]");
    assertThat(allocator.usage().get(0).used()).isZero();
  }

  @Test
  void whatIsNotInUseIsNeitherReleasedNorQuarantined() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/29")));
    release("10.244.1.2");
    allocator.quarantine(addresses("10.244.1.3"));

    assertThat(allocator.list(10)).isEmpty();
    assertThat(next()).containsExactly("10.244.1.2");
    assertThat(next()).containsExactly("10.244.1.3");
  }

  @Test
  void bothFamiliesGetTheSameIndexWhereItIsFree() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/24"), block("fd00::/64")));
    allocator.claim(addresses("fd00::3"));

    assertThat(next()).containsExactly("10.244.1.2", "fd00::2");
    assertThat(next()).containsExactly("10.244.1.3", "fd00::4");
    assertThat(next()).containsExactly("10.244.1.4", "fd00::5");
  }

  @Test
  void bothFamiliesOrNeither() {
    OwnBlock full = block("10.244.1.0/31");
    allocator.setBlocks(List.of(full, block("fd00::/64")));

    assertThat(refusal().reason()).isEqualTo(Reason.FULL);
    assertThat(refusal("fd00::5").reason()).isEqualTo(Reason.FULL);
    assertThat(allocator.usage().get(1).used()).isZero();
  }

  @Test
  void nothingIsAllocatedFromABlockThatIsNotAllocatable() throws Exception {
    OwnBlock overlapping =
        block("10.244.1.0/24").with(BlockState.OVERLAPPING, "overlaps 10.244.0.0/16 of pool old");
    allocator.setBlocks(List.of(overlapping));

    assertThat(refusal().reason()).isEqualTo(Reason.NO_BLOCK);
    assertThat(refusal()).hasMessageContaining("overlaps 10.244.0.0/16 of pool old");
    assertThat(refusal("10.244.1.9").reason()).isEqualTo(Reason.NO_BLOCK);
    allocator.setBlocks(List.of(overlapping, block("10.244.9.0/24")));
    assertThat(next()).containsExactly("10.244.9.2");
  }

  @Test
  void theNextBlockServesWhereOneIsFull() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/30"), block("10.244.2.0/24")));

    assertThat(next()).containsExactly("10.244.1.2");
    assertThat(next()).containsExactly("10.244.2.2");
    release("10.244.1.2");
    assertThat(next()).containsExactly("10.244.1.2");
  }

  @Test
  void withoutABlockThereIsNothing() {
    assertThat(refusal().reason()).isEqualTo(Reason.NO_BLOCK);
  }

  @Test
  void whatIsInUseIsKnownBeforeItsBlockIs() throws Exception {
    allocator.claim(addresses("10.244.1.2", "10.244.1.4"));
    allocator.setBlocks(List.of(block("10.244.1.0/24")));

    assertThat(next()).containsExactly("10.244.1.5");
    assertThat(next()).containsExactly("10.244.1.6");
  }

  @Test
  void afterARestartWhatIsBehindTheHighestInUseComesFirst() throws Exception {
    allocator.claim(addresses("10.244.1.2", "10.244.1.5", "fd00::5"));
    allocator.setBlocks(List.of(block("10.244.1.0/29"), block("fd00::/64")));

    assertThat(next()).containsExactly("10.244.1.6", "fd00::6");
    assertThat(next()).containsExactly("10.244.1.3", "fd00::3");
    assertThat(next()).containsExactly("10.244.1.4", "fd00::4");
    assertThat(refusal().reason()).isEqualTo(Reason.FULL);
  }

  @Test
  void afterARestartWithTheLastAddressInUseTheFirstFreeOneComesFirst() throws Exception {
    allocator.claim(addresses("10.244.1.6"));
    allocator.setBlocks(List.of(block("10.244.1.0/29")));

    assertThat(next()).containsExactly("10.244.1.2");
  }

  @Test
  void aBlockThatIsLostAndComesBackStillHasItsPods() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/24")));
    next();
    allocator.setBlocks(List.of());
    assertThat(allocator.list(10)).containsOnlyKeys(IpAddress.parse("10.244.1.2"));

    allocator.setBlocks(List.of(block("10.244.1.0/24")));

    assertThat(next()).containsExactly("10.244.1.3");
  }

  @Test
  void theListEndsAtTheHighestThatWasInUse() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/24", "10.244.1.3/32")));
    next();
    next();
    next("10.244.1.200");
    release("10.244.1.2");

    assertThat(allocator.list(5))
        .containsExactly(
            Map.entry(IpAddress.parse("10.244.1.2"), AddressStatus.FREE),
            Map.entry(IpAddress.parse("10.244.1.4"), AddressStatus.ASSIGNED),
            Map.entry(IpAddress.parse("10.244.1.5"), AddressStatus.FREE),
            Map.entry(IpAddress.parse("10.244.1.200"), AddressStatus.ASSIGNED));
  }

  @Test
  void aPodMayGetAddressesOfSomeFamiliesOnly() throws Exception {
    allocator.setBlocks(List.of(block("10.244.1.0/24"), block("fd00::/64")));

    assertThat(allocate(ofFamilies(Set.of(Family.IPV4)))).containsExactly("10.244.1.2");
    assertThat(allocate(ofFamilies(Set.of(Family.IPV6)))).containsExactly("fd00::2");
    assertThat(allocate(ofFamilies(Set.of(Family.IPV6, Family.IPV4), "fd00::9")))
        .containsExactly("10.244.1.9", "fd00::9");
    assertThat(next()).containsExactly("10.244.1.3", "fd00::3");
  }

  @Test
  void aFamilyThatNoBlockHasIsRefused() {
    allocator.setBlocks(List.of(block("10.244.1.0/24")));

    AddressException refusal = refusal(ofFamilies(Set.of(Family.IPV4, Family.IPV6)));

    assertThat(refusal.reason()).isEqualTo(Reason.NO_BLOCK);
    assertThat(refusal).hasMessage("this node has no block of IPv6 addresses");
    assertThat(allocator.usage().get(0).used()).isZero();
  }

  @Test
  void aRequestedAddressOfAnotherFamilyIsRefused() {
    allocator.setBlocks(List.of(block("10.244.1.0/24"), block("fd00::/64")));

    AddressException refusal = refusal(ofFamilies(Set.of(Family.IPV4), "fd00::9"));

    assertThat(refusal.reason()).isEqualTo(Reason.NOT_OURS);
    assertThat(refusal).hasMessage("address fd00::9 is IPv6, and the pod is to get IPv4 only");
  }

  @Test
  void theFirstPoolOfTheRequestServesFirstWhateverTheOrderOfTheBlocks() throws Exception {
    allocator.setBlocks(
        List.of(
            block("10.1.0.0/24").inPool("main"),
            block("10.2.0.0/30").inPool("edge"),
            block("10.3.0.0/24").inPool("edge"),
            block("fd00::/64").inPool("edge")));
    AddressRequest request = ofPools(List.of("edge", "main"));

    assertThat(allocate(request)).containsExactly("10.2.0.2", "fd00::2");
    assertThat(allocate(request)).containsExactly("10.3.0.2", "fd00::3");
    assertThat(allocate(ofPools(List.of("main", "edge")))).containsExactly("10.1.0.2", "fd00::4");
  }

  @Test
  void aPodWithPoolsGetsNothingFromTheOthers() throws Exception {
    allocator.setBlocks(
        List.of(
            block("10.1.0.0/30").inPool("edge"),
            block("10.2.0.0/24").inPool("main"),
            block("fd00::/64").inPool("main")));
    AddressRequest request = ofPools(List.of("edge"));

    assertThat(allocate(request)).containsExactly("10.1.0.2");
    assertThat(refusal(request))
        .hasMessage(
            "no free address in 10.1.0.0/30: all 1 are in use; a pod that ends makes room, a wider or further IPPool more");
    assertThat(refusal(ofPools(List.of("blue", "green"))))
        .hasMessage("this node has no block of addresses in IPPool blue, green");
    assertThat(next()).containsExactly("10.2.0.2", "fd00::2");
  }

  @Test
  void aFamilyThatNoBlockOfThePoolsHasIsRefused() {
    allocator.setBlocks(
        List.of(block("10.1.0.0/24").inPool("edge"), block("fd00::/64").inPool("main")));

    AddressException refusal =
        refusal(
            new AddressRequest(Optional.empty(), Set.of(Family.IPV6), List.of("edge"), List.of()));

    assertThat(refusal.reason()).isEqualTo(Reason.NO_BLOCK);
    assertThat(refusal).hasMessage("this node has no block of IPv6 addresses in IPPool edge");
  }

  @Test
  void aRequestedAddressOfAnotherPoolIsRefused() throws Exception {
    allocator.setBlocks(
        List.of(block("10.1.0.0/24").inPool("edge"), block("10.2.0.0/24").inPool("main")));

    AddressException refusal = refusal(ofPools(List.of("edge"), "10.2.0.9"));

    assertThat(refusal.reason()).isEqualTo(Reason.NOT_OURS);
    assertThat(refusal)
        .hasMessage(
            "address 10.2.0.9 of block 10.2.0.0/24 is of IPPool main, and the pod is to get"
                + " addresses of edge only");
    assertThat(allocate(ofPools(List.of("edge"), "10.1.0.9"))).containsExactly("10.1.0.9");
  }

  private List<String> next(String... requested) throws AddressException {
    return allocate(AddressRequest.of(Optional.empty(), addresses(requested)));
  }

  private List<String> allocate(AddressRequest request) throws AddressException {
    return allocator.allocate(request).stream().map(a -> a.address().toString()).toList();
  }

  private AddressException refusal(AddressRequest request) {
    return catchThrowableOfType(AddressException.class, () -> allocate(request));
  }

  private static AddressRequest ofFamilies(Set<Family> families, String... requested) {
    return new AddressRequest(Optional.empty(), families, List.of(), addresses(requested));
  }

  private static AddressRequest ofPools(List<String> pools, String... requested) {
    return new AddressRequest(Optional.empty(), Set.of(), pools, addresses(requested));
  }

  private AddressException refusal(String... requested) {
    return catchThrowableOfType(AddressException.class, () -> next(requested));
  }

  private void release(String address) {
    allocator.release(addresses(address));
  }

  private static List<IpAddress> addresses(String... texts) {
    return Arrays.stream(texts).map(IpAddress::parse).toList();
  }

  private static OwnBlock block(String cidr, String... reserved) {
    return OwnBlock.of(Cidr.parse(cidr), Stream.of(reserved).map(Cidr::parse).toList());
  }
}
