// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.Attachment;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the driver of every kind promises, on a node with a pod that has both families. */
public abstract class KindContract<T> extends ContractTest {
  protected final Attachment pod = Stack.DUAL.attachment(0);
  protected final Kind<T> kind;
  private final T one;
  private final T other;

  /**
   * A contract of a kind.
   *
   * @param one an object that the node does not have yet
   * @param other one that may take its place
   */
  protected KindContract(Kind<T> kind, T one, T other) {
    this.kind = kind;
    this.one = one;
    this.other = other;
  }

  @BeforeEach
  void addPod() throws Exception {
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, pod);
  }

  @Test
  void anObjectIsReadBackAsItWasAddedAndMayBeAddedTwice() throws Exception {
    NodeState before = dataplane.read();
    List<Change<?>> addition = List.of(Change.add(kind, one));

    apply(addition);
    assertThat(dataplane.read()).isEqualTo(with(before, one));
    apply(addition);
    assertThat(dataplane.read()).isEqualTo(with(before, one));
  }

  @Test
  void anObjectTakesThePlaceOfAnother() throws Exception {
    NodeState before = dataplane.read();
    apply(List.of(Change.add(kind, one)));

    apply(List.of(Change.replace(kind, one, other)));

    assertThat(dataplane.read()).isEqualTo(with(before, other));
  }

  @Test
  void anObjectThatIsGoneMayBeRemoved() throws Exception {
    NodeState before = dataplane.read();
    apply(List.of(Change.add(kind, one)));

    for (int i = 0; i < 2; i++) {
      apply(List.of(Change.remove(kind, one)));
      assertThat(dataplane.read()).isEqualTo(before);
    }
  }

  @Test
  void aPlanMakesWhatIsWantedAndTakesItAway() throws Exception {
    NodeState before = dataplane.read();

    for (NodeState desired : List.of(with(before, one), with(before, other), before)) {
      reach(desired);
      assertThat(dataplane.read()).isEqualTo(desired);
    }
  }

  private NodeState with(NodeState state, T object) {
    Set<T> objects = new HashSet<>(state.of(kind));
    objects.removeIf(is -> kind.key(is).equals(kind.key(object)));
    objects.add(object);
    return state.with(kind, objects);
  }
}
