// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Datagrams from pod to pod, one each 0.2 ms and more, of which each that is lost counts. */
public final class DatagramStream {
  private static final long PAUSE_NANOS = 200_000;

  /**
   * Of datagrams under way: more than the receiver's buffer holds would be lost by its slowness.
   */
  private static final int WINDOW = 100;

  private static final long LONGEST_WAIT_NANOS = 500_000_000;
  private static final int SILENT_POLLS = 20_000;

  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger received = new AtomicInteger();

  /** To be called by a thread in the namespace of the pod that sends. */
  public Void send(TestPod to) throws Exception {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.connect(TestPod.socketAddress(to.address(0)));
      ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
      while (!over.get()) {
        number.clear().putInt(0, sent.get());
        channel.write(number);
        sent.incrementAndGet();
        awaitWindow();
      }
    }
    return null;
  }

  private void awaitWindow() {
    long deadline = System.nanoTime() + LONGEST_WAIT_NANOS;
    do {
      LockSupport.parkNanos(PAUSE_NANOS);
    } while (sent.get() - received.get() >= WINDOW && System.nanoTime() < deadline);
  }

  /** Until all has come, or there is a long silence after the end. */
  public Void receive(DatagramChannel receiver) throws Exception {
    ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
    int silentAfterEnd = 0;
    while (silentAfterEnd < SILENT_POLLS && !(silentAfterEnd > 0 && received.get() >= sent.get())) {
      silentAfterEnd = over.get() ? silentAfterEnd + 1 : 0;
      while (receiver.receive(number.clear()) != null) {
        received.incrementAndGet();
        silentAfterEnd = 0;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return null;
  }

  /** Waits until so many more were sent. */
  public void awaitSent(int more) {
    int until = sent.get() + more;
    await().until(() -> sent.get() >= until);
  }

  /** Nothing more is sent. */
  public void end() {
    over.set(true);
  }

  public boolean isOver() {
    return over.get();
  }

  public int sent() {
    return sent.get();
  }

  /** How many did not arrive; to be called once all have. */
  public int lost() {
    return sent.get() - received.get();
  }
}
