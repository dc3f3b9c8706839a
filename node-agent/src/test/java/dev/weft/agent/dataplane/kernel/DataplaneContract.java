// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.agent.dataplane.testing.ContractTest;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.node.Attachment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Dataplane} promises: runs on the twin and on the kernel. */
abstract class DataplaneContract extends ContractTest {
  @Test
  void aNewNodeHasNothingOfOurs() throws Exception {
    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  @ParameterizedTest
  @EnumSource
  void aPlanAppliedReachesTheDesiredState(Stack stack) throws Exception {
    reach(stack.desired());

    assertThat(dataplane.read()).isEqualTo(stack.desired());
  }

  @ParameterizedTest
  @EnumSource
  void anAttachedPodIsAllThatTheLoopWouldWant(Stack stack) throws Exception {
    Attachment one = stack.attachment(0);
    Attachment two = stack.attachment(1);
    reach(stack.desired());

    PodNamespace pod = attach(stack, one);
    attach(stack, two);

    assertThat(dataplane.read()).isEqualTo(stack.desired(one, two));
    assertThat(dataplane.check(stack.request(one), pod)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aDetachedPodLeavesNothing(Stack stack) throws Exception {
    Attachment one = stack.attachment(0);
    Attachment two = stack.attachment(1);
    reach(stack.desired());
    attach(stack, one);
    attach(stack, two);

    dataplane.detach(one, Set.of());

    assertThat(dataplane.read()).isEqualTo(stack.desired(two));
  }

  @ParameterizedTest
  @EnumSource
  void aFurtherInterfaceOfAPodHasATableOfItsOwn(Stack stack) throws Exception {
    Attachment first = stack.attachment(0);
    Attachment second = stack.attachment(1, first.key().containerId(), "net1");
    reach(stack.desired());
    PodNamespace pod = world.newPod();

    assertThat(dataplane.attach(stack.request(first), pod)).isEmpty();
    for (int i = 0; i < 2; i++) {
      assertThat(dataplane.attach(stack.request(second), pod)).containsOnlyKeys(stack.families());
      assertThat(dataplane.read().byKey(HostVeth.KIND))
          .containsOnlyKeys(first.hostVeth(), second.hostVeth());
      assertThat(dataplane.check(stack.request(first), pod)).isEmpty();
      assertThat(dataplane.check(stack.request(second), pod)).isEmpty();

      dataplane.detach(second, Set.of(), Optional.of(pod));

      assertThat(dataplane.read()).isEqualTo(stack.desired(first));
      assertThat(dataplane.check(stack.request(first), pod)).isEmpty();
    }
  }

  @Test
  void detachingWhatIsGoneOrNeverWasSucceeds() throws Exception {
    Attachment pod = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    dataplane.detach(pod, Set.of());
    attach(Stack.DUAL, pod);
    dataplane.detach(pod, Set.of());

    dataplane.detach(pod, Set.of());

    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());
  }

  @Test
  void detachingWithoutABridgeSucceeds() throws Exception {
    dataplane.detach(Stack.DUAL.attachment(0), Set.of());

    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  @Test
  void anAddressIsUsableAgainAtOnce() throws Exception {
    Attachment first = Stack.DUAL.attachment(0, "first");
    Attachment second = Stack.DUAL.attachment(0, "second");
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, first);

    dataplane.detach(first, Set.of());
    attach(Stack.DUAL, second);

    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(second));
  }

  @Test
  void aSecondInterfaceOfTheSameNameIsRefusedAndLeavesNothing() throws Exception {
    Attachment first = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    PodNamespace pod = attach(Stack.DUAL, first);

    assertRefused(
        Reason.INTERFACE_EXISTS,
        () -> dataplane.attach(Stack.DUAL.request(Stack.DUAL.attachment(1)), pod));

    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(first));
  }

  @Test
  void aPodWithoutIpv6IsRefusedAndLeavesNothingAndIsServedOnceItHasIt() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    PodNamespace pod = world.newPod();
    world.setIpv6(pod, false);

    assertRefused(
        Reason.IPV6_DISABLED, () -> dataplane.attach(Stack.DUAL.request(attachment), pod));
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());

    world.setIpv6(pod, true);
    dataplane.attach(Stack.DUAL.request(attachment), pod);
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(attachment));
  }

  @Test
  void aLinkThatIsNotOursIsNeverDeletedNorTakenOver() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    world.addForeignLink(attachment.hostVeth());
    PodNamespace pod = world.newPod();

    assertRefused(Reason.FOREIGN_LINK, () -> dataplane.detach(attachment, Set.of()));
    assertRefused(Reason.FOREIGN_LINK, () -> dataplane.attach(Stack.DUAL.request(attachment), pod));

    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());
  }

  @Test
  void whatAPodsEndedNamespaceLeavesIsSwept() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    PodNamespace pod = attach(Stack.DUAL, attachment);

    world.endPod(pod);

    assertThat(dataplane.read().of(HostVeth.KIND)).isEmpty();
    assertThat(dataplane.read().of(AntiSpoofEntry.KIND)).isNotEmpty();
    reach(Stack.DUAL.desired());
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());
  }

  @Test
  void aChangeAppliedTwiceSucceeds() throws Exception {
    List<Change<?>> plan = Planner.plan(Stack.DUAL.desired(), NodeState.EMPTY, InFlight.NONE);
    apply(plan);
    apply(plan);
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());

    List<Change<?>> removal = Planner.plan(NodeState.EMPTY, dataplane.read(), InFlight.NONE);
    apply(removal);
    apply(removal);
    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  @Test
  void nothingIsLeftWhereNothingIsWanted() throws Exception {
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, Stack.DUAL.attachment(0));

    reach(NodeState.EMPTY);

    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  private interface Call {
    void run() throws DataplaneException;
  }

  private static void assertRefused(Reason reason, Call call) {
    DataplaneException error = catchThrowableOfType(DataplaneException.class, call::run);
    assertThat(error).isNotNull();
    assertThat(error.reason()).as(error.getMessage()).isEqualTo(reason);
  }
}
