// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Dataplane} promises: runs on the twin and on the kernel. */
abstract class DataplaneContract {
  /** A route to another node's block, by way of a node on the uplink of every {@link World}. */
  static final Route PEER =
      Route.toPeer(Cidr.parse("10.244.2.0/24"), IpAddress.parse("192.168.1.12"), "uplink");

  /** A node's network, as a test manipulates it from outside. */
  interface World {
    Dataplane dataplane();

    PodNamespace newPod() throws Exception;

    void endPod(PodNamespace pod) throws Exception;

    void setIpv6(PodNamespace pod, boolean on) throws Exception;

    void addForeignLink(String name) throws Exception;

    void addForeignRoute(Cidr destination) throws Exception;

    void takeOffBridge(String port) throws Exception;

    void setBridgeDown() throws Exception;

    void deleteBridge() throws Exception;

    void deleteTables() throws Exception;

    void deleteRoute(Route route) throws Exception;

    void end() throws Exception;
  }

  private World world;
  private Dataplane dataplane;

  abstract World newWorld() throws Exception;

  @BeforeEach
  void open() throws Exception {
    world = newWorld();
    dataplane = world.dataplane();
  }

  @AfterEach
  void close() throws Exception {
    world.end();
  }

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
      assertThat(dataplane.read().ports()).containsOnlyKeys(first.portName(), second.portName());
      assertThat(dataplane.check(stack.request(first), pod)).isEmpty();
      assertThat(dataplane.check(stack.request(second), pod)).isEmpty();

      dataplane.detach(second, Set.of(), Optional.of(pod));

      assertThat(dataplane.read()).isEqualTo(stack.desired(first));
      assertThat(dataplane.check(stack.request(first), pod)).isEmpty();
    }
  }

  @Test
  void hostPortsComeAndGoWithTheirPod() throws Exception {
    Attachment pod = Stack.DUAL.attachment(0);
    Set<HostPort> hostPorts = Set.of(hostPort(pod, 8080));
    reach(Stack.DUAL.desired());

    dataplane.attach(Stack.DUAL.request(pod, hostPorts), world.newPod());
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired(List.of(pod), hostPorts));
    dataplane.detach(pod, hostPorts);
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());
    dataplane.detach(pod, hostPorts);
  }

  @Test
  void aHostPortIsAddedOverAnotherAndRemovedWhereItIsGone() throws Exception {
    Attachment pod = Stack.DUAL.attachment(0);
    HostPort one = hostPort(pod, 8080);
    HostPort other = hostPort(pod, 9090);
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, pod);

    for (HostPort hostPort : List.of(one, other, other)) {
      assertThat(dataplane.apply(List.of(new DataplaneChange.AddHostPort(hostPort)))).isEmpty();
      assertThat(dataplane.read().hostPorts()).containsExactly(hostPort);
    }
    for (int i = 0; i < 2; i++) {
      assertThat(dataplane.apply(List.of(new DataplaneChange.RemoveHostPort(other)))).isEmpty();
      assertThat(dataplane.read().hostPorts()).isEmpty();
    }
  }

  private static HostPort hostPort(Attachment pod, int podPort) {
    IpAddress address = pod.addresses().get(0);
    return new HostPort(HostPort.anyOf(address.family()), Protocol.UDP, 40053, address, podPort);
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
    world.addForeignLink(attachment.portName());
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

    assertThat(dataplane.read().ports()).isEmpty();
    assertThat(dataplane.read().antiSpoof()).isNotEmpty();
    reach(Stack.DUAL.desired());
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());
  }

  @Test
  void aPortTakenOffItsBridgeIsRepaired() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    PodNamespace pod = attach(Stack.DUAL, attachment);

    world.takeOffBridge(attachment.portName());

    assertThat(dataplane.check(Stack.DUAL.request(attachment), pod)).isNotEmpty();
    assertRepaired(Stack.DUAL.desired(attachment));
    assertThat(dataplane.check(Stack.DUAL.request(attachment), pod)).isEmpty();
  }

  @Test
  void aBridgeSetDownIsWholeAgain() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, attachment);

    world.setBridgeDown();

    assertRepaired(Stack.DUAL.desired(attachment));
  }

  @Test
  void aDeletedBridgeIsWholeAgain() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, attachment);

    world.deleteBridge();

    assertRepaired(Stack.DUAL.desired(attachment));
  }

  @Test
  void deletedTablesAreWholeAgain() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, attachment);

    world.deleteTables();

    assertRepaired(Stack.DUAL.desired(attachment));
  }

  @Test
  void aDeletedRouteIsToldAndRepaired() throws Exception {
    Attachment attachment = Stack.DUAL.attachment(0);
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, attachment);
    Semaphore told = new Semaphore(0);
    dataplane.onChange(told::release);
    told.drainPermits();

    world.deleteRoute(Route.toPod(attachment.addresses().get(0)));

    assertThat(told.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    assertRepaired(Stack.DUAL.desired(attachment));
  }

  @Test
  void aChangeAppliedTwiceSucceeds() throws Exception {
    List<DataplaneChange> plan = Planner.plan(Stack.DUAL.desired(), NodeState.EMPTY, InFlight.NONE);
    apply(plan);
    apply(plan);
    assertThat(dataplane.read()).isEqualTo(Stack.DUAL.desired());

    List<DataplaneChange> removal = Planner.plan(NodeState.EMPTY, dataplane.read(), InFlight.NONE);
    apply(removal);
    apply(removal);
    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  @Test
  void aRouteToAPeerIsReplacedWhenItsNextHopChanges() throws Exception {
    Route moved = Route.toPeer(PEER.destination(), IpAddress.parse("192.168.1.13"), PEER.device());
    apply(List.of(new DataplaneChange.AddRoute(PEER)));
    assertThat(dataplane.read().routes()).containsExactly(PEER);

    apply(List.of(new DataplaneChange.RemoveRoute(PEER), new DataplaneChange.AddRoute(moved)));

    assertThat(dataplane.read().routes()).containsExactly(moved);
  }

  @Test
  void aForeignRouteToTheSamePrefixIsLeftAloneAndTheRestIsApplied() throws Exception {
    world.addForeignRoute(PEER.destination());
    Route other =
        Route.toPeer(Cidr.parse("10.244.3.0/24"), IpAddress.parse("192.168.1.13"), "uplink");
    DataplaneChange refused = new DataplaneChange.AddRoute(PEER);

    List<Dataplane.Failure> failures =
        dataplane.apply(List.of(refused, new DataplaneChange.AddRoute(other)));

    assertThat(failures).extracting(Dataplane.Failure::change).containsExactly(refused);
    assertThat(failures).extracting(f -> f.error().reason()).containsExactly(Reason.FOREIGN_ROUTE);
    assertThat(dataplane.read().routes()).containsExactly(other);
    assertThat(
            dataplane
                .facts(new FactsWanted(List.of(PEER.destination()), List.of()))
                .foreignRoutes())
        .contains(PEER.destination());
  }

  @Test
  void nothingIsLeftWhereNothingIsWanted() throws Exception {
    reach(Stack.DUAL.desired());
    attach(Stack.DUAL, Stack.DUAL.attachment(0));

    reach(NodeState.EMPTY);

    assertThat(dataplane.read()).isEqualTo(NodeState.EMPTY);
  }

  PodNamespace attach(Stack stack, Attachment attachment) throws Exception {
    PodNamespace pod = world.newPod();
    dataplane.attach(stack.request(attachment), pod);
    return pod;
  }

  private void assertRepaired(NodeState desired) throws Exception {
    assertThat(dataplane.read()).isNotEqualTo(desired);
    reach(desired);
    assertThat(dataplane.read()).isEqualTo(desired);
  }

  private void reach(NodeState desired) throws Exception {
    apply(Planner.plan(desired, dataplane.read(), InFlight.NONE));
    assertThat(Planner.plan(desired, dataplane.read(), InFlight.NONE)).isEmpty();
  }

  private void apply(List<DataplaneChange> changes) {
    assertThat(dataplane.apply(changes)).isEmpty();
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
