// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolSpaceTest {
  private static final Pool WIDE = pool("wide", "10.244.0.0/16", 24);
  private static final Pool NARROW = pool("narrow", "10.244.0.0/23", 24);

  private static PoolSpace space(Pool... pools) {
    Map<Pool, PoolVerdict> verdicts = new LinkedHashMap<>();
    for (Pool pool : pools) {
      verdicts.putAll(PoolVerdicts.of(state(List.of(pool), List.of(), List.of())));
    }
    return PoolSpace.of(verdicts);
  }

  @Test
  void whatIsTakenFromOnePoolIsTakenFromAllThatOverlapIt() {
    PoolSpace space = space(WIDE, NARROW);

    assertThat(space.takeLowest(WIDE)).contains(Cidr.parse("10.244.0.0/24"));
    assertThat(space.free(NARROW)).isEqualTo(1);
    assertThat(space.takeLowest(NARROW)).contains(Cidr.parse("10.244.1.0/24"));
    assertThat(space.takeLowest(WIDE)).contains(Cidr.parse("10.244.2.0/24"));
  }

  @Test
  void whatWasJustReleasedIsTakenLastFromEveryPoolThatHasIt() {
    PoolSpace space = space(WIDE, NARROW);
    space.occupy(Cidr.parse("10.244.2.0/23"));
    space.takeLast(List.of(Cidr.parse("10.244.1.0/24"), Cidr.parse("10.244.0.0/24")));

    assertThat(space.free(NARROW)).isEqualTo(2);
    assertThat(space.takeLowest(WIDE)).contains(Cidr.parse("10.244.4.0/24"));
    assertThat(space.takeLowest(NARROW)).contains(Cidr.parse("10.244.1.0/24"));
    assertThat(space.takeLowest(NARROW)).contains(Cidr.parse("10.244.0.0/24"));
    assertThat(space.takeLowest(NARROW)).isEmpty();
    assertThat(space.takeLowest(WIDE)).contains(Cidr.parse("10.244.5.0/24"));
  }

  @Test
  void aPoolWithoutARangeInForceHasNoBlocks() {
    Pool rejected = PoolSamples.invalid("rejected", "why");
    PoolSpace space = space(rejected);
    assertThat(space.free(rejected)).isZero();
    assertThat(space.total(rejected)).isZero();
    assertThat(space.poolsWith(Cidr.parse("10.244.0.0/24"))).isEmpty();
    assertThat(space(WIDE, NARROW).poolsWith(Cidr.parse("10.244.1.0/24")))
        .containsExactly(WIDE, NARROW);
    assertThat(space(WIDE, NARROW).poolsWith(Cidr.parse("10.244.2.0/24"))).containsExactly(WIDE);
    assertThat(space(WIDE).poolsWith(Cidr.parse("10.244.2.0/25"))).isEmpty();
  }

  @Test
  void aRangeIsPooledWhereAPoolThatStaysHasAnAddressOfIt() {
    Cidr around = Cidr.parse("10.0.0.0/8");

    assertThat(space(WIDE).isPooled(around)).isTrue();
    assertThat(space(WIDE).isPooled(Cidr.parse("10.244.7.0/25"))).isTrue();
    assertThat(space(WIDE).isPooled(Cidr.parse("10.245.0.0/16"))).isFalse();
    assertThat(space(deleting(WIDE)).isPooled(around)).isFalse();
  }
}
