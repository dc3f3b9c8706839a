// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static dev.weft.netlink.FakeKernel.acknowledgement;
import static dev.weft.netlink.FakeKernel.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.SetLink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** What the socket makes of a kernel that a real one hardly ever is. */
class KernelNetlinkSocketTest {
  private static final int DUMP_INTERRUPTED = 0x10;
  private static final int MULTI = 2;
  private static final SetLink REQUEST = SetLink.up(LinkRef.LOOPBACK);
  private static final RouteQuery ROUTES = RouteQuery.ours(Family.IPV4);

  @Test
  void anAnswerToAnEarlierRequestIsPassedOver() throws Exception {
    try (FakeKernel kernel =
        new FakeKernel(
            seq -> List.of(acknowledgement(seq - 1, Errno.EBUSY), acknowledgement(seq, 0)))) {
      kernel.socket().execute(REQUEST);
    }
  }

  @Test
  void aRefusalIsThrownWithItsNumber() {
    try (FakeKernel kernel = new FakeKernel(seq -> List.of(acknowledgement(seq, Errno.EBUSY)))) {
      assertThatThrownBy(() -> kernel.socket().execute(REQUEST))
          .isInstanceOfSatisfying(
              NetlinkException.class, e -> assertThat(e.action()).isEqualTo("set link lo up"))
          .hasMessage("set link lo up: EBUSY: Device or resource busy");
    }
  }

  @Test
  void aDumpThatWasInterruptedIsMadeAgain() throws Exception {
    AtomicInteger attempt = new AtomicInteger();
    IntFunction<List<byte[]>> interruptedTwice =
        seq -> {
          int interrupted = attempt.incrementAndGet() <= 2 ? DUMP_INTERRUPTED : 0;
          return List.of(route(seq, interrupted, attempt.get()), route(seq, 0, 77), done(seq, 0));
        };
    try (FakeKernel kernel = new FakeKernel(interruptedTwice)) {
      assertThat(kernel.socket().dump(ROUTES))
          .extracting(RouteInfo::destination)
          .containsExactly(Cidr.parse("10.0.3.0/24"), Cidr.parse("10.0.77.0/24"));
      assertThat(kernel.requests()).isEqualTo(3);
    }
  }

  @Test
  void theInterruptionMayBeReportedAtTheEnd() throws Exception {
    AtomicInteger attempt = new AtomicInteger();
    IntFunction<List<byte[]>> interruptedOnce =
        seq -> List.of(done(seq, attempt.incrementAndGet() == 1 ? DUMP_INTERRUPTED : 0));
    try (FakeKernel kernel = new FakeKernel(interruptedOnce)) {
      assertThat(kernel.socket().dump(ROUTES)).isEmpty();
      assertThat(kernel.requests()).isEqualTo(2);
    }
  }

  @Test
  void aDumpThatIsInterruptedEveryTimeEndsWithAnError() {
    try (FakeKernel kernel = new FakeKernel(seq -> List.of(done(seq, DUMP_INTERRUPTED)))) {
      assertThatThrownBy(() -> kernel.socket().dump(ROUTES))
          .hasMessage("list IPV4 routes: EINTR: interrupted by changes 50 times");
    }
  }

  @Test
  void aDumpThatEndsWithAnErrorIsRefused() {
    byte[] errno = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(-12).array();
    try (FakeKernel kernel =
        new FakeKernel(seq -> List.of(message(Reply.NLMSG_DONE, MULTI, seq, errno)))) {
      assertThatThrownBy(() -> kernel.socket().dump(ROUTES))
          .hasMessage("list IPV4 routes: ENOMEM: Cannot allocate memory");
    }
  }

  /** The fake learns the first sequence number of a send, and answers for all that may follow. */
  @Test
  void aLargeBatchIsCutIntoSends() throws Exception {
    List<AddRoute> requests =
        IntStream.range(0, 2048)
            .mapToObj(i -> new AddRoute(RouteSpec.unreachable(Cidr.parse("10.0.0.0/8").sub(24, i))))
            .toList();
    try (FakeKernel kernel = new FakeKernel(KernelNetlinkSocketTest::secondAndLastOfASend)) {
      assertThat(kernel.socket().executeAll(requests))
          .extracting(BatchFailure::index)
          .containsExactly(1, 1025);
      assertThat(kernel.requests()).isEqualTo(2);
    }
  }

  private static List<byte[]> secondAndLastOfASend(int first) {
    return List.of(acknowledgement(first + 1, Errno.EEXIST), acknowledgement(first + 1023, 0));
  }

  @Test
  void anAnswerThatIsMalformedIsSaidToBe() {
    byte[] cut = new byte[10];
    try (FakeKernel kernel = new FakeKernel(seq -> List.of(cut))) {
      assertThatThrownBy(() -> kernel.socket().execute(REQUEST))
          .isInstanceOfSatisfying(
              NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADMSG))
          .hasMessage(
              "set link lo up: EBADMSG: malformed reply: a message of 10 bytes where 10 are left");
      assertThatThrownBy(() -> kernel.socket().executeAll(List.of(REQUEST, REQUEST, REQUEST)))
          .hasMessageStartingWith("set link lo up and 2 more: EBADMSG: malformed reply: ");
      assertThatThrownBy(() -> kernel.socket().dump(ROUTES))
          .hasMessageStartingWith("list IPV4 routes: EBADMSG: malformed reply: ");
    }
  }

  @Property(tries = 300)
  void whateverIsAnsweredOnlyNetlinkExceptionsCome(@ForAll byte[] payload) {
    IntFunction<List<byte[]>> noise =
        seq ->
            List.of(
                message(Reply.NLMSG_ERROR, 0x300, seq + 1, payload),
                message(24, MULTI, seq, payload),
                message(Reply.NLMSG_ERROR, 0x300, seq, payload),
                done(seq, 0),
                acknowledgement(seq, 0));
    try (FakeKernel kernel = new FakeKernel(noise)) {
      quietly(() -> kernel.socket().execute(REQUEST));
      quietly(() -> kernel.socket().executeAll(List.of(REQUEST)));
      quietly(() -> kernel.socket().dump(ROUTES));
      quietly(() -> kernel.socket().find(ROUTES));
    }
  }

  private interface Call {
    void run() throws NetlinkException;
  }

  private static void quietly(Call call) {
    try {
      call.run();
    } catch (NetlinkException expected) {
      // The only way to fail.
    }
  }

  private static byte[] done(int sequence, int flags) {
    return message(Reply.NLMSG_DONE, MULTI | flags, sequence, new byte[4]);
  }

  /** Our route to 10.0.N.0/24. */
  private static byte[] route(int sequence, int flags, int n) {
    byte[] payload = {
      2, 24, 0, 0, (byte) 254, 87, 0, 1, 0, 0, 0, 0, 8, 0, 1, 0, 10, 0, (byte) n, 0
    };
    return message(24, MULTI | flags, sequence, payload);
  }
}
