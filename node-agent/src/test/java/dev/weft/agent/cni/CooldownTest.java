// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressException;
import dev.weft.core.node.AddressRequest;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.OwnBlock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CooldownTest {
  private final Attachments attachments = new Attachments();
  private final Set<IpAddress> known = new HashSet<>();
  private boolean inForce = true;

  CooldownTest() {
    attachments.setCooldown(
        new Cooldown() {
          @Override
          public boolean isInForce() {
            return inForce;
          }

          @Override
          public boolean isKnown(IpAddress address) {
            return known.contains(address);
          }
        });
  }

  private void blocks(String... blocks) {
    attachments.setBlocks(
        List.of(blocks).stream().map(block -> OwnBlock.of(Cidr.parse(block), List.of())).toList());
  }

  private String add(String name) throws Exception {
    try (AttachmentLock lock = attachments.lock(new AttachmentKey(name, "eth0"))) {
      Attachments.Allocated allocated =
          attachments.allocate(
              lock, "weft", AddressRequest.of(Optional.empty(), List.of()), List.of());
      attachments.present(lock);
      return allocated.attachment().addresses().get(0).toString();
    }
  }

  private void delete(String name) throws Exception {
    try (AttachmentLock lock = attachments.lock(new AttachmentKey(name, "eth0"))) {
      attachments.removing(lock);
      attachments.removed(lock);
    }
  }

  @Test
  void anAddressThatWasJustFreedIsNotTheNextThoughItsBlockComesFirst() throws Exception {
    blocks("10.1.0.0/30", "10.2.0.0/30");
    assertThat(add("a")).isEqualTo("10.1.0.2");
    delete("a");
    assertThat(add("b")).isEqualTo("10.2.0.2");
  }

  @Test
  void itIsReusedWhereNoOtherIsFree() throws Exception {
    blocks("10.1.0.0/30");
    add("a");
    delete("a");
    assertThat(attachments.coolingCount()).isEqualTo(1);
    assertThat(add("b")).isEqualTo("10.1.0.2");
  }

  @Test
  void itIsNotReusedAtAllWhileTheKernelHasARuleAboutIt() throws Exception {
    blocks("10.1.0.0/30");
    known.add(IpAddress.parse("10.1.0.2"));
    add("a");
    delete("a");
    assertThatThrownBy(() -> add("b")).isInstanceOf(AddressException.class);
    known.clear();
    assertThat(add("b")).isEqualTo("10.1.0.2");
  }

  @Test
  void nothingCoolsDownWithoutRules() throws Exception {
    blocks("10.1.0.0/30", "10.2.0.0/30");
    add("a");
    delete("a");
    assertThat(attachments.coolingCount()).isEqualTo(1);
    inForce = false;
    attachments.freeCooled();
    assertThat(attachments.coolingCount()).isZero();
    assertThat(add("b")).isEqualTo("10.1.0.2");
    delete("b");
    assertThat(attachments.coolingCount()).isZero();
  }
}
