// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.Sys;

/**
 * What a thread sends from and receives into: each thread has one, whatever the socket. Small, for
 * acknowledgements; a thread that dumps gets the room for it at its first.
 */
final class Exchange {
  private static final int SMALL = 4096;

  /** The kernel fills at most this much of a dump at once (af_netlink.c). */
  private static final int LARGE = 32768;

  private static final int MSG_TRUNC = 0x20;
  private static final int SOCKADDR_NL = 12;
  private static final int PORT_AT = 4;
  private static final int LENGTH_AT = 12;

  private static final ThreadLocal<Exchange> CURRENT = ThreadLocal.withInitial(Exchange::new);

  private final MessageWriter writer = new MessageWriter(SMALL);
  private final NativeMemory sender = new NativeMemory(16);
  private NativeMemory received = new NativeMemory(SMALL);
  private MessageReader reader = new MessageReader(received.buffer());

  private Exchange() {}

  /** The one of this thread. */
  static Exchange current() {
    return CURRENT.get();
  }

  /** The writer, empty. */
  MessageWriter writer() {
    writer.reset();
    return writer;
  }

  MessageReader reader() {
    return reader;
  }

  /** Makes room for the largest datagram of a dump. */
  void makeRoomForDump() {
    if (received.size() < LARGE) {
      received = new NativeMemory(LARGE);
      reader = new MessageReader(received.buffer());
    }
  }

  /** Sends what the writer holds, to the kernel; 0 or {@code -errno}. */
  int send(int fd) {
    int sent = Sys.send(fd, writer.memory(), 0, writer.length(), 0);
    return Math.min(sent, 0);
  }

  /**
   * Receives the next datagram of the kernel (one from another process is passed over) and goes
   * before its first message; 0 or {@code -errno}, {@link Errno#EMSGSIZE} where it did not fit.
   */
  int receive(int fd) {
    while (true) {
      sender.buffer().putInt(LENGTH_AT, SOCKADDR_NL);
      int length = Sys.recvfrom(fd, received, MSG_TRUNC, sender, LENGTH_AT);
      if (length < 0) {
        return length;
      }
      if (sender.buffer().getInt(PORT_AT) != 0) {
        continue;
      }
      if (length > received.size()) {
        return -Errno.EMSGSIZE;
      }
      reader.datagram(length);
      return 0;
    }
  }
}
