// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.pool;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolSpaceTest {
  private static final Pool WIDE = pool("wide", "10.244.0.0/16", 24);
  private static final Pool NARROW = pool("narrow", "10.244.0.0/23", 24);

  @Test
  void whatIsTakenFromOnePoolIsTakenFromAllThatOverlapIt() {
    PoolSpace space = PoolSpace.of(List.of(WIDE, NARROW));

    assertThat(space.takeLowest(WIDE)).contains(Cidr.parse("10.244.0.0/24"));
    assertThat(space.free(NARROW)).isEqualTo(1);
    assertThat(space.takeLowest(NARROW)).contains(Cidr.parse("10.244.1.0/24"));
    assertThat(space.takeLowest(WIDE)).contains(Cidr.parse("10.244.2.0/24"));
  }

  @Test
  void aRangeIsPooledWhereAPoolThatStaysHasAnAddressOfIt() {
    Cidr around = Cidr.parse("10.0.0.0/8");

    assertThat(PoolSpace.of(List.of(WIDE)).isPooled(around)).isTrue();
    assertThat(PoolSpace.of(List.of(WIDE)).isPooled(Cidr.parse("10.244.7.0/25"))).isTrue();
    assertThat(PoolSpace.of(List.of(WIDE)).isPooled(Cidr.parse("10.245.0.0/16"))).isFalse();
    assertThat(PoolSpace.of(List.of(deleting(WIDE))).isPooled(around)).isFalse();
  }
}
