// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.node.Attachment;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.CreateVeth;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An ADD that the kernel fails at any of its steps leaves nothing, and can be made again. */
@Tag("kernel")
class AttachFailureKernelTest {
  /** Veth, host's side, guard, pod's side, two look-ups. */
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

  /** The bridge that an ADD knows may be another one when its request arrives. */
  @Test
  void aBridgeThatWasMadeAnewMeanwhileIsLookedUpAgain() throws Exception {
    Failing sockets = new Failing();
    try (TestNode node = new TestNode(Stack.DUAL, sockets)) {
      node.addPod(1);
      Attachment attachment = Stack.DUAL.attachment(0);
      TestNamespace namespace = node.world().newPodNamespace();
      sockets.beforeNextVeth.set(
          () -> {
            Shell.run("ip link del v-net-0");
            node.repair();
          });

      node.dataplane().attach(Stack.DUAL.request(attachment), namespace.pod());

      assertThat(node.dataplane().check(Stack.DUAL.request(attachment), namespace.pod())).isEmpty();
    }
  }

  /** The kernel's sockets; one call fails, after it was carried out in the case of a batch. */
  private static final class Failing implements Sockets {
    /** What may fail. */
    private interface Action {
      void run() throws Exception;
    }

    private final AtomicInteger stepsToFailure = new AtomicInteger();
    private final AtomicReference<Action> beforeNextVeth = new AtomicReference<>();

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

    private void runDueAction() {
      Action action = beforeNextVeth.getAndSet(null);
      if (action != null) {
        try {
          action.run();
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
        if (request instanceof CreateVeth) {
          runDueAction();
        }
        kernel.execute(request);
      }

      @Override
      public List<BatchFailure> executeAll(List<? extends Request> requests)
          throws NetlinkException {
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
      public int port() {
        return kernel.port();
      }

      @Override
      public void close() {
        kernel.close();
      }
    }
  }
}
