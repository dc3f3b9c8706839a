// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.Faults;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.driver.SocketPool;
import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import dev.weft.netlink.route.LinkRef;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Deletions that the kernel never ends, as far as the sockets of this test are the kernel. */
@Tag("kernel")
@Timeout(180)
class LinkDeleterKernelTest {
  private static final LinkRef BLUE = new LinkRef(1 << 20, "wfblue");
  private static final LinkRef GREEN = new LinkRef((1 << 20) + 1, "wfgreen");
  private static final LinkRef RED = new LinkRef((1 << 20) + 2, "wfred");

  private final Kernel kernel = new Kernel();
  private LinkDeleter deleter;

  @BeforeEach
  void open() throws Exception {
    deleter = deleter(Duration.ofMillis(100));
  }

  private LinkDeleter deleter(Duration patience) throws Exception {
    return new LinkDeleter(new SocketPool(kernel), 2, patience);
  }

  @AfterEach
  void close() {
    kernel.goOn.countDown();
    deleter.close();
  }

  @Test
  void aDeletionThatTheKernelDoesNotEndIsToBeTriedAgain() throws Exception {
    Future<Void> deletion = deleter.delete(BLUE, List.of());

    assertThatThrownBy(() -> deleter.await(deletion))
        .isInstanceOfSatisfying(
            DataplaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY))
        .hasMessageContaining("the kernel has not done it in 100 ms");

    assertThat(deleter.delete(BLUE, List.of())).as("joined").isSameAs(deletion);
    await().untilAsserted(() -> assertThat(kernel.sends).hasValue(1));
    kernel.goOn.countDown();
    deletion.get();
  }

  @Test
  void whereAllThreadsAreStuckTheNextIsRefusedAndNothingOfItStays() throws Exception {
    deleter.delete(BLUE, List.of());
    assertThat(deleter.stuck(Duration.ZERO)).isEmpty();
    deleter.delete(GREEN, List.of());
    await().untilAsserted(() -> assertThat(kernel.sends).hasValue(2));

    assertThatThrownBy(() -> deleter.delete(RED, List.of()))
        .isInstanceOfSatisfying(
            DataplaneException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY))
        .hasMessageContaining("all 2 threads that delete links were busy for 100 ms");

    assertThat(deleter.isDeleting(RED.index())).isFalse();
    assertThat(deleter.isDeleting(BLUE.index())).isTrue();
    assertThat(deleter.stuck(Duration.ZERO))
        .contains("all 2 threads that delete links have each waited more than 0 s for the kernel");
    assertThat(deleter.stuck()).isEmpty();

    kernel.goOn.countDown();
    await().until(() -> deleter.stuck(Duration.ZERO).isEmpty());
    await().ignoreExceptions().until(() -> deleter.delete(RED, List.of()).get() == null);
  }

  @Test
  void anErrorFailsItsDeletionAndEndsNoThread() throws Exception {
    deleter.close();
    deleter = deleter(Duration.ofMinutes(1)); // the failure is to come first, on any machine
    kernel.error = Faults.withoutTrace(new NoClassDefFoundError("of a test"));
    kernel.goOn.countDown();
    for (int i = 0; i < 4; i++) {
      Future<Void> deletion = deleter.delete(BLUE, List.of());
      assertThatThrownBy(() -> deleter.await(deletion))
          .isInstanceOf(DataplaneException.class)
          .hasMessageContaining("NoClassDefFoundError");
    }

    kernel.error = null;
    deleter.await(deleter.delete(BLUE, List.of()));
    await().until(() -> !deleter.isDeleting(BLUE.index()));
  }

  /** Its answers come when the test says so. */
  private static final class Kernel implements Sockets {
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicInteger sends = new AtomicInteger();
    private volatile Error error;

    @Override
    public NetlinkSocket openRoute() {
      return new Silent();
    }

    @Override
    public NetlinkSocket openNetfilter() {
      throw new UnsupportedOperationException();
    }

    @Override
    public NetlinkSocket borrowRoute(int descriptor) {
      throw new UnsupportedOperationException();
    }

    private final class Silent implements NetlinkSocket {
      @Override
      public List<BatchFailure> executeAll(List<? extends Request> requests) {
        sends.incrementAndGet();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        if (error != null) {
          throw error;
        }
        return List.of();
      }

      @Override
      public void execute(Request request) {
        throw new UnsupportedOperationException();
      }

      @Override
      public <T> List<T> dump(Query<T> query) {
        throw new UnsupportedOperationException();
      }

      @Override
      public <T> Optional<T> find(Query<T> query) {
        throw new UnsupportedOperationException();
      }

      @Override
      public int netlinkPid() {
        return 0;
      }

      @Override
      public void close() {}
    }
  }
}
