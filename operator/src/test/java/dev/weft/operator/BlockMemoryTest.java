// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.BlockReport;
import dev.weft.core.pool.Owner;
import dev.weft.core.pool.RememberedBlock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlockMemoryTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration GRACE = Duration.ofMinutes(10);
  private static final Cidr CIDR = Cidr.parse("10.244.1.0/24");
  private static final Owner OWNER = new Owner("node1", "uid", new Machine("machine", "boot"));

  private final BlockMemory memory = new BlockMemory();

  @Test
  void whatWasObservedIsRememberedWhenItIsNotThereAnyMore() {
    observe(block(Block.State.ACTIVE, Block.Release.NONE), Set.of(CIDR));
    memory.observe(List.of(), Set.of(), Set.of());
    assertThat(memory.all()).containsExactly(new RememberedBlock(CIDR, OWNER, "default"));
  }

  @Test
  void aClaimIsNotRememberedAndMakesNothingForgotten() {
    observe(block(Block.State.CLAIMED, Block.Release.NONE), Set.of(CIDR));
    assertThat(memory.all()).isEmpty();
    observe(block(Block.State.ACTIVE, Block.Release.NONE), Set.of(CIDR));
    observe(block(Block.State.CLAIMED, Block.Release.NONE), Set.of(CIDR));
    assertThat(memory.all()).hasSize(1);
  }

  @Test
  void aBlockIsForgottenOnceItIsReleasedAndRememberedWhereItsNodeIsBack() {
    observe(block(Block.State.ACTIVE, Block.Release.NONE), Set.of(CIDR));
    observe(block(Block.State.ACTIVE, Block.Release.GRACE), Set.of());
    assertThat(memory.all()).hasSize(1);
    observe(block(Block.State.ACTIVE, Block.Release.RELEASING), Set.of());
    assertThat(memory.all()).isEmpty();
    observe(block(Block.State.ACTIVE, Block.Release.RELEASING), Set.of(CIDR));
    assertThat(memory.all()).hasSize(1);
  }

  @Test
  void aBlockThatWasGivenBackIsForgottenWhileItIsReleasedThoughItsNodeIsThere() {
    observe(block(Block.State.DRAINING, Block.Release.NONE), Set.of());
    assertThat(memory.all()).hasSize(1);
    observe(block(Block.State.DRAINING, Block.Release.RELEASING), Set.of());
    assertThat(memory.all()).isEmpty();
  }

  @Test
  void aBlockThatOverlapsAnOlderOneIsNotRemembered() {
    Block block = block(Block.State.ACTIVE, Block.Release.NONE);
    memory.observe(List.of(block), Set.of(CIDR), Set.of(CIDR));
    assertThat(memory.all()).isEmpty();
  }

  @Test
  void aBlockWhoseNodeIsGoneTooIsForgottenAfterTheGrace() {
    observe(block(Block.State.ACTIVE, Block.Release.NONE), Set.of(CIDR));
    assertThat(memory.expire(Set.of(CIDR), GRACE, NOW)).contains(NOW.plus(GRACE));
    assertThat(memory.expire(Set.of(), GRACE, NOW.plusSeconds(1))).isEmpty(); // it was back
    Instant gone = NOW.plusSeconds(2);
    assertThat(memory.expire(Set.of(CIDR), GRACE, gone)).contains(gone.plus(GRACE));
    assertThat(memory.expire(Set.of(CIDR), GRACE, gone.plus(GRACE).minusNanos(1))).isPresent();
    assertThat(memory.all()).hasSize(1);
    assertThat(memory.expire(Set.of(CIDR), GRACE, gone.plus(GRACE))).contains(gone.plus(GRACE));
    assertThat(memory.all()).isEmpty();
  }

  @Test
  void whatIsAddedAsMissingReplacesNothing() {
    observe(block(Block.State.ACTIVE, Block.Release.NONE), Set.of(CIDR));
    Owner other = new Owner("node2", "uid2", Machine.UNKNOWN);
    memory.addMissing(new RememberedBlock(CIDR, other, "default"));
    assertThat(memory.all()).extracting(RememberedBlock::owner).containsExactly(OWNER);
    memory.remove(Set.of(CIDR));
    memory.addMissing(new RememberedBlock(CIDR, other, "default"));
    assertThat(memory.all()).extracting(RememberedBlock::owner).containsExactly(other);
  }

  private void observe(Block block, Set<Cidr> kept) {
    memory.observe(List.of(block), Set.of(), kept);
  }

  private static Block block(Block.State state, Block.Release release) {
    return new Block(CIDR, OWNER, "default", NOW, state, release, NOW, BlockReport.NONE);
  }
}
