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
final class ThreadBuffers {
  private static final int SMALL = 4096;

  /** The kernel fills at most this much of a dump at once (af_netlink.c). */
  private static final int LARGE = 32768;

  /** In the header's memory: struct iovec, struct msghdr, struct sockaddr_nl. */
  private static final int HEADER_AT = 16;

  private static final int FLAGS_AT = HEADER_AT + 48;
  private static final int SENDER_AT = HEADER_AT + 56;
  private static final int SENDER_PID_AT = SENDER_AT + 4;
  private static final int SOCKADDR_NL = 12;
  private static final int MSG_TRUNC = 0x20;

  private static final ThreadLocal<ThreadBuffers> CURRENT =
      ThreadLocal.withInitial(ThreadBuffers::new);

  private final MessageWriter writer = new MessageWriter(SMALL);
  private final NativeMemory header = new NativeMemory(SENDER_AT + SOCKADDR_NL);
  private NativeMemory received;
  private MessageReader reader;

  private ThreadBuffers() {
    long base = header.address();
    header.buffer().putLong(HEADER_AT, base + SENDER_AT);
    header.buffer().putLong(HEADER_AT + 16, base).putLong(HEADER_AT + 24, 1);
    receiveInto(new NativeMemory(SMALL));
  }

  /** The one of this thread. */
  static ThreadBuffers current() {
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
      receiveInto(new NativeMemory(LARGE));
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
      header.buffer().putInt(HEADER_AT + 8, SOCKADDR_NL);
      int length = Sys.recvmsg(fd, header, HEADER_AT, 0);
      if (length < 0) {
        return length;
      }
      if (header.buffer().getInt(SENDER_PID_AT) != 0) {
        continue;
      }
      if ((header.buffer().getInt(FLAGS_AT) & MSG_TRUNC) != 0) {
        return -Errno.EMSGSIZE;
      }
      reader.datagram(length);
      return 0;
    }
  }

  private void receiveInto(NativeMemory memory) {
    received = memory;
    reader = new MessageReader(memory.buffer());
    header.buffer().putLong(0, memory.address()).putLong(8, memory.size());
  }
}
