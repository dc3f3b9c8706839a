// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.unix;

import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.Sys;
import java.nio.ByteBuffer;

/**
 * What a thread receives into and sends from: data, then the structures of recvmsg(2) by hand.
 * Small: each worker has one.
 */
final class ReceiveBuffer {
  /** Room for data, from the start. */
  static final int DATA_BYTES = 4096;

  private static final int IOVEC_AT = DATA_BYTES;
  private static final int HEADER_AT = IOVEC_AT + 16;
  private static final int HEADER_BYTES = 56;
  private static final int CONTROL_AT = HEADER_AT + HEADER_BYTES;

  /** struct cmsghdr (16 bytes) and two descriptors. */
  private static final int CONTROL_BYTES = 24;

  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CTRUNC = 8;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;

  private static final ThreadLocal<ReceiveBuffer> CURRENT =
      ThreadLocal.withInitial(ReceiveBuffer::new);

  private final NativeMemory memory = new NativeMemory(CONTROL_AT + CONTROL_BYTES);
  private final ByteBuffer buffer = memory.buffer();

  private ReceiveBuffer() {}

  /** The one of this thread. */
  static ReceiveBuffer current() {
    return CURRENT.get();
  }

  NativeMemory memory() {
    return memory;
  }

  ByteBuffer data() {
    return buffer;
  }

  /** Receives data alone: the kernel drops descriptors. As {@link Sys#recv}. */
  int receive(int fd) {
    return Sys.recv(fd, memory, DATA_BYTES, 0);
  }

  /** Receives data and descriptors. As {@link Sys#recvmsg}. */
  int receiveWithDescriptors(int fd) {
    long base = memory.address();
    buffer.putLong(IOVEC_AT, base).putLong(IOVEC_AT + 8, DATA_BYTES);
    buffer.putLong(HEADER_AT, 0).putLong(HEADER_AT + 8, 0);
    buffer.putLong(HEADER_AT + 16, base + IOVEC_AT).putLong(HEADER_AT + 24, 1);
    buffer.putLong(HEADER_AT + 32, base + CONTROL_AT).putLong(HEADER_AT + 40, CONTROL_BYTES);
    buffer.putLong(HEADER_AT + 48, 0);
    buffer.putLong(CONTROL_AT, 0).putLong(CONTROL_AT + 8, 0);
    int received = Sys.recvmsg(fd, memory, HEADER_AT, MSG_CMSG_CLOEXEC);
    if (received < 0) {
      buffer.putLong(HEADER_AT + 40, 0);
    }
    return received;
  }

  /** Whether the last receive brought more descriptors than there is room for. */
  boolean truncated() {
    return (buffer.getInt(HEADER_AT + 48) & MSG_CTRUNC) != 0;
  }

  /** The descriptors of the last receive. The caller owns them. */
  int[] takeDescriptors() {
    long control = buffer.getLong(HEADER_AT + 40);
    if (control < 16
        || buffer.getInt(CONTROL_AT + 8) != SOL_SOCKET
        || buffer.getInt(CONTROL_AT + 12) != SCM_RIGHTS) {
      return new int[0];
    }
    long length = Math.min(buffer.getLong(CONTROL_AT), CONTROL_BYTES);
    int[] descriptors = new int[(int) (length - 16) / 4];
    for (int i = 0; i < descriptors.length; i++) {
      descriptors[i] = buffer.getInt(CONTROL_AT + 16 + 4 * i);
    }
    return descriptors;
  }
}
