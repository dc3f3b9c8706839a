// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.libc;

/** The error numbers of Linux that we act on, and the names and texts of all of them. */
public final class Errno {
  /** No such object. */
  public static final int ENOENT = 2;

  /** No such process; the kernel's "no such route". */
  public static final int ESRCH = 3;

  /** Interrupted call. */
  public static final int EINTR = 4;

  /** Bad descriptor. */
  public static final int EBADF = 9;

  /** Try again; also a timeout of SO_RCVTIMEO. */
  public static final int EAGAIN = 11;

  /** Out of memory. */
  public static final int ENOMEM = 12;

  /** Permission denied; the kernel's answer to an IPv6 address where disable_ipv6 is set. */
  public static final int EACCES = 13;

  /** Busy. */
  public static final int EBUSY = 16;

  /** Something of that name exists. */
  public static final int EEXIST = 17;

  /** No such device. */
  public static final int ENODEV = 19;

  /** Invalid argument. */
  public static final int EINVAL = 22;

  /** Too many open files in the system. */
  public static final int ENFILE = 23;

  /** Too many open files in this process. */
  public static final int EMFILE = 24;

  /** The reader is gone. */
  public static final int EPIPE = 32;

  /** Out of range. */
  public static final int ERANGE = 34;

  /** Name too long. */
  public static final int ENAMETOOLONG = 36;

  /** Bytes that make no sense. */
  public static final int EBADMSG = 74;

  /** Message too long. */
  public static final int EMSGSIZE = 90;

  /** Operation not supported. */
  public static final int EOPNOTSUPP = 95;

  /** Address family not supported by protocol. */
  public static final int EAFNOSUPPORT = 97;

  /** Address in use. */
  public static final int EADDRINUSE = 98;

  /** No such address. */
  public static final int EADDRNOTAVAIL = 99;

  /** Network unreachable. */
  public static final int ENETUNREACH = 101;

  /** Connection aborted. */
  public static final int ECONNABORTED = 103;

  /** Connection reset by the peer. */
  public static final int ECONNRESET = 104;

  /** A buffer overflowed: notifications were lost. */
  public static final int ENOBUFS = 105;

  /** No answer in time. */
  public static final int ETIMEDOUT = 110;

  /** A route makes the host unreachable. */
  public static final int EHOSTUNREACH = 113;

  private Errno() {}

  /** The symbol, such as {@code ENODEV}; {@code errno 1234} for a number that has none. */
  public static String name(int errno) {
    var constant = jnr.constants.platform.Errno.valueOf(errno);
    return constant == jnr.constants.platform.Errno.__UNKNOWN_CONSTANT__
        ? "errno " + errno
        : constant.name();
  }

  /** The text, such as {@code No such device}. */
  public static String text(int errno) {
    var constant = jnr.constants.platform.Errno.valueOf(errno);
    return constant == jnr.constants.platform.Errno.__UNKNOWN_CONSTANT__
        ? "unknown error"
        : constant.description();
  }
}
