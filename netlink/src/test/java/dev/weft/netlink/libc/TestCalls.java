// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/** Calls that the product never makes: what the plugin does, and what a hostile client might. */
public final class TestCalls {
  /** As {@link LibC}. */
  public interface Functions {
    /** open(2). */
    int open(CharSequence path, int flags);

    /** setns(2). */
    int setns(int fd, int type);

    /** sendmsg(2). */
    @ssize_t
    long sendmsg(int fd, @size_t long header, int flags);

    /** socketpair(2). */
    int socketpair(int domain, int type, int protocol, @size_t long pair);

    /** connect(2). */
    int connect(int fd, @size_t long address, int length);

    /** setrlimit(2). */
    int setrlimit(int resource, @size_t long limits);

    /** getrlimit(2). */
    int getrlimit(int resource, @size_t long limits);
  }

  private static final Functions LIBC = LibraryLoader.create(Functions.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBC);
  private static final int O_CLOEXEC = 0x80000;
  private static final int RLIMIT_NOFILE = 7;

  private TestCalls() {}

  /** Opens a file to read. */
  public static int open(String path) {
    return check("open " + path, LIBC.open(path, O_CLOEXEC));
  }

  /** Takes the calling thread to another namespace, for good. */
  public static void enter(int namespace) {
    check("setns", LIBC.setns(namespace, 0));
  }

  /** A client of the unix socket at this path. */
  public static int connect(String path) {
    int fd = Sys.socket(1, 1 | O_CLOEXEC, 0);
    NativeMemory address = new NativeMemory(110);
    address.buffer().putShort(0, (short) 1).put(2, path.getBytes());
    check("connect", LIBC.connect(fd, address.address(), 110));
    return fd;
  }

  /** Two unix sockets that keep the bounds of messages, connected to each other. */
  public static int[] socketPair() {
    NativeMemory pair = new NativeMemory(8);
    check("socketpair", LIBC.socketpair(1, 5 | O_CLOEXEC, 0, pair.address()));
    return new int[] {pair.buffer().getInt(0), pair.buffer().getInt(4)};
  }

  /** A netlink socket (NETLINK_ROUTE) whose sends go to the socket of this port. */
  public static int netlinkTo(int port) {
    int fd = Sys.socket(16, 3 | O_CLOEXEC, 0);
    NativeMemory address = new NativeMemory(12);
    address.buffer().putShort(0, (short) 16).putInt(4, port);
    check("connect", LIBC.connect(fd, address.address(), 12));
    return fd;
  }

  /** Sends bytes and descriptors with them; the number of bytes or {@code -errno}. */
  public static int send(int fd, byte[] bytes, int... descriptors) {
    int control = descriptors.length == 0 ? 0 : 16 + 4 * descriptors.length;
    NativeMemory memory = new NativeMemory(80 + control + bytes.length);
    ByteBuffer b = memory.buffer();
    long base = memory.address();
    int dataAt = 72 + (control + 7 & ~7);
    b.put(dataAt, bytes);
    b.putLong(0, base + dataAt).putLong(8, bytes.length);
    b.putLong(16 + 16, base).putLong(16 + 24, 1);
    if (control > 0) {
      b.putLong(16 + 32, base + 72).putLong(16 + 40, control);
      b.putLong(72, control).putInt(80, 1).putInt(84, 1);
    }
    for (int i = 0; i < descriptors.length; i++) {
      b.putInt(88 + 4 * i, descriptors[i]);
    }
    long sent = LIBC.sendmsg(fd, base + 16, 0x4000);
    return sent < 0 ? -RUNTIME.getLastError() : (int) sent;
  }

  /**
   * Sets how many descriptors this process may have.
   *
   * @return how many it was before
   */
  public static long descriptorLimit(long limit) {
    NativeMemory memory = new NativeMemory(16);
    check("getrlimit", LIBC.getrlimit(RLIMIT_NOFILE, memory.address()));
    long before = memory.buffer().getLong(0);
    memory.buffer().putLong(0, limit);
    check("setrlimit", LIBC.setrlimit(RLIMIT_NOFILE, memory.address()));
    return before;
  }

  private static int check(String call, int result) {
    if (result < 0) {
      throw new IllegalStateException(call + ": " + Errno.name(RUNTIME.getLastError()));
    }
    return result;
  }
}
