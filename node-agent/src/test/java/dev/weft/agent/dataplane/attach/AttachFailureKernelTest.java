// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNamespace;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.route.AddRule;
import dev.weft.netlink.route.CreateVeth;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.DeleteRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An ADD that the kernel fails at any of its steps leaves nothing, and can be made again. */
@Tag("kernel")
class AttachFailureKernelTest {
  /** Veth, host's side, anti-spoofing, pod's side, two look-ups. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void nothingIsLeft(int step) throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      node.addPod(1);
      Attachment attachment = Stack.DUAL.attachment(0);
      TestNamespace namespace = node.world().newPodNamespace();
      sockets.stepsToFailure.set(step);

      assertThatThrownBy(
              () -> node.dataplane().attach(Stack.DUAL.request(attachment), namespace.pod()))
          .isInstanceOf(DataplaneException.class)
          .hasMessageContaining("asked to fail");

      assertThat(node.dataplane().read()).isEqualTo(node.desired());
      assertThat(namespace.run("ip -o link")).doesNotContain("eth0");
      node.dataplane().attach(Stack.DUAL.request(attachment), namespace.pod());
      assertThat(node.dataplane().check(Stack.DUAL.request(attachment), namespace.pod())).isEmpty();
    }
  }

  @Test
  void theInterfaceGoesAlsoWhereTheHostPortsCannotBeRemoved() throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.IPV4, sockets)) {
      Attachment attachment = Stack.IPV4.attachment(0);
      IpAddress any = HostPort.anyOf(Family.IPV4);
      HostPort hostPort = new HostPort(any, Protocol.TCP, 40080, attachment.addresses().get(0), 80);
      TestNamespace namespace = node.world().newPodNamespace();
      Failing.Action fail =
          () -> {
            throw new NetlinkException("test", Errno.ENOMEM, "asked to fail");
          };
      Failing.Action failTwice =
          () -> {
            sockets.beforeNext(SetChange.class, fail);
            fail.run();
          };
      // The first is that of the anti-spoofing filter.
      sockets.beforeNext(SetChange.class, () -> sockets.beforeNext(SetChange.class, failTwice));

      assertThatThrownBy(
              () ->
                  node.dataplane()
                      .attach(Stack.IPV4.request(attachment, Set.of(hostPort)), namespace.pod()))
          .isInstanceOfSatisfying(
              DataplaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY));

      assertThat(namespace.run("ip -o link")).doesNotContain("eth0");
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  /** The bridge that an ADD knows may be another one when its request arrives. */
  @Test
  void aBridgeThatWasMadeAnewMeanwhileIsLookedUpAgain() throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      node.addPod(1);
      Attachment attachment = Stack.DUAL.attachment(0);
      TestNamespace namespace = node.world().newPodNamespace();
      sockets.beforeNext(
          CreateVeth.class,
          () -> {
            Shell.run("ip link del v-net-0");
            node.repair();
          });

      node.dataplane().attach(Stack.DUAL.request(attachment), namespace.pod());

      assertThat(node.dataplane().check(Stack.DUAL.request(attachment), namespace.pod())).isEmpty();
    }
  }

  /**
   * The address must not be given away: the reason is none of those after which nothing is left.
   */
  @Test
  void whatCannotBeUndoneIsTold() throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      Attachment attachment = Stack.DUAL.attachment(0);
      TestNamespace namespace = node.world().newPodNamespace();
      namespace.run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
      sockets.beforeNext(
          DeleteLink.class,
          () -> {
            throw new NetlinkException("test", Errno.EBUSY, "asked to fail");
          });

      assertThatThrownBy(
              () -> node.dataplane().attach(Stack.DUAL.request(attachment), namespace.pod()))
          .isInstanceOfSatisfying(
              DataplaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY))
          .hasMessageContaining("disable_ipv6")
          .hasMessageContaining("asked to fail");
    }
  }

  /** Also after a failure in the pod nothing more is sent into it than was made there. */
  @Test
  void noRulesAreRemovedWhereNoneWereAdded() throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      Attachment attachment = Stack.DUAL.attachment(0);
      TestNamespace namespace = node.world().newPodNamespace();
      namespace.run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
      AtomicInteger removals = new AtomicInteger();
      sockets.beforeNext(DeleteRule.class, removals::incrementAndGet);

      assertThatThrownBy(
              () -> node.dataplane().attach(Stack.DUAL.request(attachment), namespace.pod()))
          .isInstanceOfSatisfying(
              DataplaneException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.IPV6_DISABLED));

      assertThat(removals).hasValue(0);
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  @Test
  void aFurtherInterfaceThatFailsLeavesNoRules() throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      TestPod pod = node.addPod(0);
      String before = pod.namespace().run("ip rule") + pod.namespace().run("ip -6 rule");
      Attachment further = Stack.DUAL.attachment(1, pod.attachment().key().containerId(), "net1");
      sockets.beforeNext(AddRule.class, () -> sockets.stepsToFailure.set(1));

      assertThatThrownBy(
              () -> node.dataplane().attach(Stack.DUAL.request(further), pod.namespace().pod()))
          .hasMessageContaining("asked to fail");

      assertThat(pod.namespace().run("ip rule") + pod.namespace().run("ip -6 rule"))
          .isEqualTo(before);
      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  /** The loop may delete the foreign route after the ADD was told of it. */
  @ParameterizedTest
  @EnumSource
  void aForeignRouteThatIsGoneWhenItIsToMakeWayIsNoError(Stack stack) throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(stack, sockets)) {
      Attachment attachment = stack.attachment(0);
      TestNamespace namespace = node.world().newPodNamespace();
      for (IpAddress address : attachment.addresses()) {
        Shell.run("ip route add " + address + " dev v-net-0 proto static");
      }
      sockets.beforeNext(
          DeleteRoute.class,
          () -> Shell.run("ip route del " + attachment.addresses().get(0) + " dev v-net-0"));

      node.dataplane().attach(stack.request(attachment), namespace.pod());

      assertThat(node.dataplane().read()).isEqualTo(node.desired(List.of(attachment)));
    }
  }

  /** The pod of a DEL's path may be another one by then. */
  @Test
  void theRulesOfAnotherPodStay() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod pod = node.addPod(0);
      TestPod other = node.addPod(1);
      List<Attachment> further = new ArrayList<>();
      for (TestPod each : List.of(pod, other)) {
        String container = each.attachment().key().containerId();
        Attachment attachment = Stack.DUAL.attachment(2 + further.size(), container, "net1");
        node.dataplane().attach(Stack.DUAL.request(attachment), each.namespace().pod());
        further.add(attachment);
      }
      String before = other.namespace().run("ip rule") + other.namespace().run("ip -6 rule");
      assertThat(before).contains("oif net1");

      node.dataplane().detach(further.get(0), Set.of(), Optional.of(other.namespace().pod()));

      assertThat(other.namespace().run("ip rule") + other.namespace().run("ip -6 rule"))
          .isEqualTo(before);
    }
  }

  /** The kernel's sockets; one call fails, after it was carried out in the case of a batch. */
  private static final class Failing implements Sockets {
    /** What may fail. */
    private interface Action {
      void run() throws Exception;
    }

    private final AtomicInteger stepsToFailure = new AtomicInteger();
    private final Map<Class<? extends Request>, Action> beforeNext = new ConcurrentHashMap<>();

    /** Runs it before the next send that has such a request. */
    void beforeNext(Class<? extends Request> type, Action action) {
      beforeNext.put(type, action);
    }

    @Override
    public NetlinkSocket openRoute() throws NetlinkException {
      return new Socket(Sockets.KERNEL.openRoute());
    }

    @Override
    public NetlinkSocket openNetfilter() throws NetlinkException {
      return new Socket(Sockets.KERNEL.openNetfilter());
    }

    @Override
    public NetlinkSocket borrowRoute(int descriptor) throws NetlinkException {
      return new Socket(Sockets.KERNEL.borrowRoute(descriptor));
    }

    private void failIfDue() throws NetlinkException {
      if (stepsToFailure.get() > 0 && stepsToFailure.decrementAndGet() == 0) {
        throw new NetlinkException("test", Errno.ENOMEM, "asked to fail");
      }
    }

    private void runDueAction(Request request) throws NetlinkException {
      Action action = beforeNext.remove(request.getClass());
      if (action != null) {
        try {
          action.run();
        } catch (NetlinkException e) {
          throw e;
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    }

    private final class Socket implements NetlinkSocket {
      private final NetlinkSocket kernel;

      Socket(NetlinkSocket kernel) {
        this.kernel = kernel;
      }

      @Override
      public void execute(Request request) throws NetlinkException {
        failIfDue();
        runDueAction(request);
        kernel.execute(request);
      }

      @Override
      public List<BatchFailure> executeAll(List<? extends Request> requests)
          throws NetlinkException {
        for (Request request : requests) {
          runDueAction(request);
        }
        List<BatchFailure> failures = kernel.executeAll(requests);
        failIfDue();
        return failures;
      }

      @Override
      public <T> List<T> dump(Query<T> query) throws NetlinkException {
        return kernel.dump(query);
      }

      @Override
      public <T> Optional<T> find(Query<T> query) throws NetlinkException {
        failIfDue();
        return kernel.find(query);
      }

      @Override
      public int netlinkPid() {
        return kernel.netlinkPid();
      }

      @Override
      public void close() {
        kernel.close();
      }
    }
  }
}
