// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

import jnr.ffi.Runtime;

/**
 * System calls on descriptors. Each returns what the call returns or, where it fails, {@code
 * -errno} as the kernel itself does; a call that a signal interrupts is made again, except {@code
 * close} (on Linux the descriptor is gone even then).
 */
public final class Sys {
  private static final LibC LIBC = LibC.load();
  private static final Runtime RUNTIME = LibC.runtimeOf(LIBC);

  private Sys() {}

  static Runtime runtime() {
    return RUNTIME;
  }

  /** socket(2); the descriptor. */
  public static int socket(int domain, int type, int protocol) {
    return check(LIBC.socket(domain, type, protocol));
  }

  /** socketpair(2); the two descriptors are written to the first 8 bytes. */
  public static int socketpair(int domain, int type, int protocol, NativeMemory descriptors) {
    return check(LIBC.socketpair(domain, type, protocol, descriptors.address()));
  }

  /** bind(2) to the address in the first {@code length} bytes. */
  public static int bind(int fd, NativeMemory address, int length) {
    return check(LIBC.bind(fd, address.address(), length));
  }

  /** listen(2). */
  public static int listen(int fd, int backlog) {
    return check(LIBC.listen(fd, backlog));
  }

  /** accept4(2) without the peer's address; the new descriptor. */
  public static int accept(int fd, int flags) {
    int result;
    do {
      result = check(LIBC.accept4(fd, 0, 0, flags));
    } while (result == -Errno.EINTR);
    return result;
  }

  /** shutdown(2) of both directions. */
  public static int shutdown(int fd) {
    return check(LIBC.shutdown(fd, 2));
  }

  /** close(2). */
  public static int close(int fd) {
    return check(LIBC.close(fd));
  }

  /** fchmod(2). */
  public static int fchmod(int fd, int mode) {
    return check(LIBC.fchmod(fd, mode));
  }

  /** getsockname(2); {@code lengthAt} holds the space on entry and the length on return. */
  public static int getsockname(int fd, NativeMemory memory, int addressAt, int lengthAt) {
    return check(LIBC.getsockname(fd, memory.address() + addressAt, memory.address() + lengthAt));
  }

  /** getsockopt(2); {@code lengthAt} holds the space on entry and the length on return. */
  public static int getsockopt(
      int fd, int level, int name, NativeMemory memory, int valueAt, int lengthAt) {
    long base = memory.address();
    return check(LIBC.getsockopt(fd, level, name, base + valueAt, base + lengthAt));
  }

  /** setsockopt(2) with the value in the first {@code length} bytes. */
  public static int setsockopt(int fd, int level, int name, NativeMemory value, int length) {
    return check(LIBC.setsockopt(fd, level, name, value.address(), length));
  }

  /** send(2) of {@code length} bytes from {@code from}; how many were sent. */
  public static int send(int fd, NativeMemory memory, int from, int length, int flags) {
    int result;
    do {
      result = check(LIBC.send(fd, memory.address() + from, length, flags));
    } while (result == -Errno.EINTR);
    return result;
  }

  /** recv(2) into the first {@code length} bytes; how many there were. */
  public static int recv(int fd, NativeMemory memory, int length, int flags) {
    int result;
    do {
      result = check(LIBC.recv(fd, memory.address(), length, flags));
    } while (result == -Errno.EINTR);
    return result;
  }

  /** recvmsg(2) with the msghdr at {@code headerAt}; how many bytes there were. */
  public static int recvmsg(int fd, NativeMemory memory, int headerAt, int flags) {
    int result;
    do {
      result = check(LIBC.recvmsg(fd, memory.address() + headerAt, flags));
    } while (result == -Errno.EINTR);
    return result;
  }

  /** The errno of a failed call must be read at once, on the same thread. */
  private static int check(long result) {
    return result >= 0 ? (int) result : -RUNTIME.getLastError();
  }
}
