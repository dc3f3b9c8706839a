// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

import java.lang.ref.Reference;
import java.time.Duration;

/** Reading and writing socket options of simple types; {@code -errno} where it fails. */
public final class SocketOptions {
  /** Level of the socket itself (asm-generic/socket.h). */
  public static final int SOL_SOCKET = 1;

  private static final int SO_PEERCRED = 17;
  private static final int SO_RCVTIMEO = 20;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SO_PROTOCOL = 38;
  private static final int SO_DOMAIN = 39;
  private static final int SO_NETNS_COOKIE = 71;
  private static final int LENGTH_AT = 16;

  private static final ThreadLocal<NativeMemory> SCRATCH =
      ThreadLocal.withInitial(() -> new NativeMemory(24));

  private SocketOptions() {}

  /** Sets an option that is an int. */
  public static int setInt(int fd, int level, int name, int value) {
    NativeMemory scratch = SCRATCH.get();
    scratch.buffer().putInt(0, value);
    return Sys.setsockopt(fd, level, name, scratch, 4);
  }

  /** SO_RCVTIMEO: how long a receive waits before EAGAIN. */
  public static int receiveTimeout(int fd, Duration timeout) {
    NativeMemory scratch = SCRATCH.get();
    scratch.buffer().putLong(0, timeout.toSeconds());
    scratch.buffer().putLong(8, timeout.toNanosPart() / 1000);
    return Sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, scratch, 16);
  }

  /** SO_RCVBUFFORCE: the receive queue's limit in bytes, beyond rmem_max (needs CAP_NET_ADMIN). */
  public static int receiveBuffer(int fd, int bytes) {
    return setInt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  }

  /** SO_SNDBUFFORCE: the largest send in bytes, beyond wmem_max (needs CAP_NET_ADMIN). */
  public static int sendBuffer(int fd, int bytes) {
    return setInt(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes);
  }

  /** SO_DOMAIN: the address family. */
  public static int domain(int fd) {
    return getInt(fd, SO_DOMAIN);
  }

  /** SO_PROTOCOL: the protocol in the family. */
  public static int protocol(int fd) {
    return getInt(fd, SO_PROTOCOL);
  }

  /** SO_NETNS_COOKIE: a number that no other network namespace of this boot has. */
  public static long namespaceCookie(int fd) {
    NativeMemory scratch = SCRATCH.get();
    int result = get(fd, SO_NETNS_COOKIE, scratch, 8);
    return result < 0 ? result : scratch.buffer().getLong(0);
  }

  /**
   * SO_PEERCRED of a unix socket.
   *
   * @return pid, uid and gid of who connected, or one element, {@code -errno}
   */
  public static int[] peerCredentials(int fd) {
    NativeMemory scratch = SCRATCH.get();
    int result = get(fd, SO_PEERCRED, scratch, 12);
    if (result < 0) {
      return new int[] {result};
    }
    var buffer = scratch.buffer();
    return new int[] {buffer.getInt(0), buffer.getInt(4), buffer.getInt(8)};
  }

  /**
   * SO_ATTACH_FILTER: what a classic BPF program refuses never enters the queue (linux/filter.h).
   *
   * @param program instructions of 8 bytes: code (16 bits), jt, jf (8 each), k (32), first field in
   *     the lowest bits
   */
  public static int attachFilter(int fd, long[] program) {
    NativeMemory code = new NativeMemory(8 * program.length);
    for (int i = 0; i < program.length; i++) {
      code.buffer().putLong(8 * i, program[i]);
    }
    NativeMemory scratch = SCRATCH.get();
    scratch.buffer().putLong(0, program.length);
    scratch.buffer().putLong(8, code.address());
    int result = Sys.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, scratch, 16);
    Reference.reachabilityFence(code);
    return result;
  }

  private static int getInt(int fd, int name) {
    NativeMemory scratch = SCRATCH.get();
    int result = get(fd, name, scratch, 4);
    return result < 0 ? result : scratch.buffer().getInt(0);
  }

  private static int get(int fd, int name, NativeMemory scratch, int length) {
    scratch.buffer().putInt(LENGTH_AT, length);
    int result = Sys.getsockopt(fd, SOL_SOCKET, name, scratch, 0, LENGTH_AT);
    if (result == 0 && scratch.buffer().getInt(LENGTH_AT) != length) {
      return -Errno.EINVAL;
    }
    return result;
  }
}
