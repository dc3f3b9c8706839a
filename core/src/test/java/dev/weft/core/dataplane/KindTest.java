// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KindTest {
  private record Thing(String name, int size) {}

  private static final Thing A1 = new Thing("a", 1);
  private static final Thing A2 = new Thing("a", 2);
  private static final Thing B2 = new Thing("b", 2);
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final InFlight CALLS = new InFlight(Set.of("a"), Set.of());

  private final Kind<Thing> holder = Kind.<Thing>of("holder", 6, Thing::name).build();

  @Test
  void anObjectStandsAloneUnlessItsKindSaysOtherwise() {
    Kind<Thing> kind = Kind.<Thing>of("thing", 7, Thing::name).build();

    assertThat(kind).hasToString("thing");
    assertThat(kind.name()).isEqualTo("thing");
    assertThat(kind.rank()).isEqualTo(7);
    assertThat(kind.key(A1)).isEqualTo("a");
    assertThat(kind.describe(A1)).isEqualTo(A1.toString());
    assertThat(kind.isSame(A1, new Thing("a", 1))).isTrue();
    assertThat(kind.isSame(A1, A2)).isFalse();
    assertThat(kind.isInFlight(A1, CALLS)).isFalse();
    assertThat(kind.isRemovable(A1, NodeState.EMPTY)).isTrue();
    assertThat(kind.isNeededFor(A1, BLOCK)).isFalse();
    assertThat(kind.isFoundation()).isFalse();
    assertThat(kind.isAdded()).isTrue();
    assertThat(kind.kept(Set.of(A1, B2), List.of(Change.remove(holder, A1))))
        .containsExactlyInAnyOrder(A1, B2);
  }

  @Test
  void aKindSaysInWhatItsObjectsDiffer() {
    Kind<Thing> kind =
        Kind.<Thing>of("thing", 7, Thing::name)
            .text(thing -> "of size " + thing.size())
            .same((is, wanted) -> is.size() == wanted.size())
            .inFlight((thing, calls) -> calls.hostVeths().contains(thing.name()))
            .removable((thing, desired) -> thing.size() == 2)
            .neededFor((thing, block) -> block.equals(BLOCK))
            .foundation()
            .neverAdded()
            .build();

    assertThat(kind.describe(A1)).isEqualTo("of size 1");
    assertThat(kind.isSame(A2, B2)).isTrue();
    assertThat(kind.isSame(A1, A2)).isFalse();
    assertThat(kind.isInFlight(A1, CALLS)).isTrue();
    assertThat(kind.isInFlight(B2, CALLS)).isFalse();
    assertThat(kind.isRemovable(A1, NodeState.EMPTY)).isFalse();
    assertThat(kind.isRemovable(A2, NodeState.EMPTY)).isTrue();
    assertThat(kind.isNeededFor(A1, BLOCK)).isTrue();
    assertThat(kind.isNeededFor(A1, Cidr.parse("10.244.2.0/24"))).isFalse();
    assertThat(kind.isFoundation()).isTrue();
    assertThat(kind.isAdded()).isFalse();
  }

  @Test
  void theKernelTakesObjectsAlongWithAChangeOfTheKindThatTheyAreLostWith() {
    Kind<Thing> held = heldBy(holder, 7);
    Set<Thing> all = Set.of(A1, B2);

    assertThat(held.kept(all, List.of(Change.remove(holder, A2)))).containsExactly(B2);
    assertThat(held.kept(all, List.of(Change.remove(holder, A2), Change.remove(holder, B2))))
        .isEmpty();
    assertThat(held.kept(all, List.of(Change.replace(holder, A1, A2)))).isEqualTo(all);
    assertThat(held.kept(all, List.of(Change.remove(held, A2)))).isEqualTo(all);
  }

  @Test
  void whatAnObjectIsLostWithIsPlannedBeforeIt() {
    assertThatThrownBy(() -> heldBy(holder, 6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("held is planned before holder");
    assertThatThrownBy(() -> heldBy(holder, 5)).isInstanceOf(IllegalArgumentException.class);
  }

  /** Objects that go with the removal of the holder of their name. */
  private static Kind<Thing> heldBy(Kind<Thing> holder, int rank) {
    return Kind.<Thing>of("held", rank, Thing::name)
        .lostWith(
            holder,
            (thing, change) ->
                change.isRemoval() && change.before().orElseThrow().name().equals(thing.name()))
        .build();
  }
}
