// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.AddressRequest;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.HostPortException;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PodName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AttachmentsTest {
  private static final AttachmentKey BLUE = new AttachmentKey("blue", "eth0");
  private static final AttachmentKey GREEN = new AttachmentKey("green", "eth0");

  private final Attachments attachments = new Attachments();

  AttachmentsTest() {
    setBlocks("10.244.1.0/24");
  }

  @Test
  @Timeout(180)
  void onlySoManyCallsWaitForALockAndTheOthersFailWithTryAgain() throws Exception {
    Attachments one = new Attachments(1);
    AttachmentLock held = one.lock(BLUE);
    CompletableFuture<Boolean> second = new CompletableFuture<>();
    Thread waiting = new Thread(() -> second.complete(getsLock(one)));
    waiting.start();
    await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);

    CompletableFuture<Boolean> third = CompletableFuture.supplyAsync(() -> getsLock(one));
    assertThat(third.get()).isFalse();
    assertThat(second).isNotDone();
    one.lock(GREEN).close();

    held.close();
    assertThat(second.get()).isTrue();
  }

  private static boolean getsLock(Attachments attachments) {
    try (AttachmentLock lock = attachments.lock(BLUE)) {
      return attachments.find(lock).isEmpty();
    } catch (CniException e) {
      return false;
    }
  }

  @Test
  void itIsRebuiltFromTheLinks() throws Exception {
    attachments.adopt(ports(attachment(BLUE, "10.244.1.2"), attachment(GREEN, "10.244.1.4")));

    assertThat(rows())
        .containsExactly(
            "10.244.1.2 ASSIGNED shop/blue", "10.244.1.3 FREE -", "10.244.1.4 ASSIGNED shop/green");
    assertThat(attachments.usage().get(0).used()).isEqualTo(2);
    assertThat(add("red")).hasToString("10.244.1.3");
  }

  @Test
  void theLinksMayBeKnownBeforeTheBlocksAre() throws Exception {
    setBlocks();
    attachments.adopt(ports(attachment(BLUE, "10.244.1.2")));
    setBlocks("10.244.1.0/24");

    assertThat(add("red")).hasToString("10.244.1.3");
  }

  @Test
  void anAttachmentWhosePortIsGoneIsFreed() throws Exception {
    add("blue");
    add("green");

    attachments.adopt(ports(attachment(GREEN, "10.244.1.3")));

    assertThat(rows()).containsExactly("10.244.1.2 FREE -", "10.244.1.3 ASSIGNED shop/green");
  }

  @Test
  void anAddressThatIsBeingSweptIsNotAllocatedAgainYet() throws Exception {
    setBlocks("10.244.1.0/30");
    add("blue");
    try (Observation observation = attachments.observe()) {
      observation.adopt(List.of(), Set.of());

      assertThat(rows()).containsExactly("10.244.1.2 RELEASING -");
      assertThatThrownBy(() -> add("green")).isInstanceOf(AddressException.class);
    }
    assertThat(add("green")).hasToString("10.244.1.2");
  }

  @Test
  void anAddressThatWentToAnotherPodIsThatPods() throws Exception {
    add("blue");

    attachments.adopt(ports(attachment(GREEN, "10.244.1.2")));

    assertThat(rows()).containsExactly("10.244.1.2 ASSIGNED shop/green");
    assertThat(add("red")).hasToString("10.244.1.3");
  }

  @Test
  void aPortThatBearsTheNameOfAnotherIsNotTakenOver() {
    HostVeth odd = new HostVeth("wf00000000000", Optional.of(attachment(BLUE, "10.244.1.2")), true);
    HostVeth bare = new HostVeth(GREEN.hostVeth(), Optional.empty(), true);

    attachments.adopt(List.of(odd, bare));

    assertThat(attachments.all()).isEmpty();
  }

  @Test
  void anAddThatBeganAfterTheDumpIsNotFreedByIt() throws Exception {
    try (Observation observation = attachments.observe()) {
      add("blue");
      observation.adopt(List.of(), Set.of());

      assertThat(attachments.all()).hasSize(1);
      assertThat(observation.inFlight()).isEqualTo(inFlight(BLUE, "10.244.1.2"));
    }
    attachments.adopt(List.of());
    assertThat(attachments.all()).isEmpty();
  }

  @Test
  void aDelThatEndedAfterTheDumpIsNotTakenBackByIt() throws Exception {
    add("blue");
    try (Observation observation = attachments.observe()) {
      delete(BLUE);
      observation.adopt(ports(attachment(BLUE, "10.244.1.2")), Set.of());

      assertThat(attachments.all()).isEmpty();
      assertThat(observation.inFlight()).isEqualTo(inFlight(BLUE, "10.244.1.2"));
    }
  }

  @Test
  void whatIsInFlightWhenTheDumpBeginsIsLeftAlone() throws Exception {
    try (AttachmentLock lock = attachments.lock(BLUE)) {
      allocate(lock);
      try (Observation observation = attachments.observe()) {
        assertThat(observation.inFlight()).isEqualTo(inFlight(BLUE, "10.244.1.2"));
        assertThat(attachments.inFlightCount()).isOne();
        assertThat(attachments.settled("weft")).isEmpty();
        observation.adopt(List.of(), Set.of());
      }
      attachments.present(lock);
    }
    assertThat(attachments.settled("weft")).hasSize(1);
  }

  @Test
  void aLaterObservationDoesNotSeeWhatWasTouchedBefore() throws Exception {
    add("blue");
    delete(BLUE);

    try (Observation observation = attachments.observe()) {
      assertThat(observation.inFlight()).isEqualTo(InFlight.NONE);
    }
  }

  @Test
  void anAddThatWasNeitherMadeNorUndoneWaitsForTheKernelsWord() throws Exception {
    try (AttachmentLock lock = attachments.lock(BLUE)) {
      allocate(lock);
    }
    assertThat(rows()).containsExactly("10.244.1.2 RELEASING -");

    attachments.adopt(ports(attachment(BLUE, "10.244.1.2")));

    assertThat(rows()).containsExactly("10.244.1.2 ASSIGNED shop/blue");
  }

  @Test
  void aPodThatDiesWhileItsDelBeginsIsFreedOnce() throws Exception {
    add("blue");
    try (AttachmentLock lock = attachments.lock(BLUE)) {
      assertThat(attachments.find(lock)).isPresent();
      attachments.adopt(List.of());

      assertThat(attachments.removing(lock)).isFalse();
    }
    assertThat(rows()).containsExactly("10.244.1.2 FREE -");
  }

  @Test
  void anotherCallForTheSameAttachmentWaitsForItsLock() throws Exception {
    AtomicBoolean entered = new AtomicBoolean();
    Thread second =
        new Thread(
            () -> {
              try {
                attachments.lock(BLUE).close();
                entered.set(true);
              } catch (CniException e) {
                throw new AssertionError(e);
              }
            });
    try (AttachmentLock first = attachments.lock(BLUE)) {
      second.start();
      await().until(() -> second.getState() == Thread.State.TIMED_WAITING);
      attachments.lock(GREEN).close();
      assertThat(entered).isFalse();
      assertThat(attachments.find(first)).isEmpty();
    }
    second.join();
    assertThat(entered).isTrue();
  }

  @Test
  void aLostBlocksAddressesAreStillListed() throws Exception {
    add("blue");
    setBlocks("10.244.9.0/24");

    assertThat(rows()).containsExactly("10.244.1.2 ASSIGNED -");
    assertThat(add("green")).hasToString("10.244.9.2");
  }

  private Attachment allocate(AttachmentLock lock) throws AddressException, HostPortException {
    AddressRequest request = AddressRequest.of(Optional.empty(), List.of());
    return attachments.allocate(lock, "weft", request, List.of()).attachment();
  }

  private IpAddress add(String containerId) throws Exception {
    try (AttachmentLock lock = attachments.lock(new AttachmentKey(containerId, "eth0"))) {
      Attachment attachment = allocate(lock);
      attachments.present(lock);
      return attachment.addresses().get(0);
    }
  }

  private void delete(AttachmentKey key) throws CniException {
    try (AttachmentLock lock = attachments.lock(key)) {
      assertThat(attachments.removing(lock)).isTrue();
      assertThat(attachments.addresses().get(0).status()).isEqualTo(AddressStatus.RELEASING);
      attachments.removed(lock);
    }
  }

  private void setBlocks(String... blocks) {
    attachments.setBlocks(
        Stream.of(blocks).map(block -> OwnBlock.of(Cidr.parse(block), List.of())).toList());
  }

  private List<String> rows() {
    return attachments.addresses().stream()
        .map(
            row ->
                "%s %s %s"
                    .formatted(
                        row.address(),
                        row.status(),
                        row.attachment()
                            .flatMap(Attachment::pod)
                            .map(PodName::toString)
                            .orElse("-")))
        .toList();
  }

  private static Attachment attachment(AttachmentKey key, String address) {
    return new Attachment(
        "weft",
        key,
        List.of(IpAddress.parse(address)),
        Optional.of(new PodName("shop", key.containerId())));
  }

  private static InFlight inFlight(AttachmentKey key, String address) {
    return new InFlight(Set.of(key.hostVeth()), Set.of(IpAddress.parse(address)));
  }

  private static List<HostVeth> ports(Attachment... attachments) {
    return List.of(attachments).stream()
        .map(attachment -> new HostVeth(attachment.hostVeth(), Optional.of(attachment), true))
        .toList();
  }
}
