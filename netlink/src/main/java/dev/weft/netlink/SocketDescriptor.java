// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.SocketOptions;
import dev.weft.netlink.libc.Sys;
import java.time.Duration;

/** A netlink socket's descriptor, with its options set. */
final class SocketDescriptor {
  static final int NETLINK_ROUTE = 0;
  static final int NETLINK_NETFILTER = 12;

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_NETLINK = 270;
  private static final int NETLINK_ADD_MEMBERSHIP = 1;
  private static final int NETLINK_CAP_ACK = 10;
  private static final int NETLINK_EXT_ACK = 11;
  private static final int NETLINK_GET_STRICT_CHK = 12;

  /** Errors of a whole batch of 1,024 with their texts, and notifications of a storm, fit. */
  private static final int RECEIVE_BYTES = 8 << 20;

  private static final int SEND_BYTES = 2 << 20;
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
  private static final int SOCKADDR_NL = 12;

  private final boolean borrowed;
  private final int netlinkPid;
  private int fd;

  /** A descriptor whose options are set. */
  SocketDescriptor(int fd, boolean borrowed, int netlinkPid) {
    this.fd = fd;
    this.borrowed = borrowed;
    this.netlinkPid = netlinkPid;
  }

  /** A socket for requests and their answers. */
  static SocketDescriptor open(int protocol) throws NetlinkException {
    int fd = socket(protocol);
    try {
      setOptions(fd);
      check("size the send buffer", SocketOptions.sendBuffer(fd, SEND_BYTES));
      check("size the receive buffer", SocketOptions.receiveBuffer(fd, RECEIVE_BYTES));
      return new SocketDescriptor(fd, false, bind(fd));
    } catch (NetlinkException | RuntimeException e) {
      Sys.close(fd);
      throw e;
    }
  }

  /** A socket that listens to multicast groups (RTNLGRP_*, NFNLGRP_*), without a timeout. */
  static SocketDescriptor listen(int protocol, int[] groups, long[] filter)
      throws NetlinkException {
    int fd = socket(protocol);
    try {
      check("size the receive buffer", SocketOptions.receiveBuffer(fd, RECEIVE_BYTES));
      if (filter.length > 0) {
        check("attach a filter", SocketOptions.attachFilter(fd, filter));
      }
      int netlinkPid = bind(fd);
      for (int group : groups) {
        set(fd, NETLINK_ADD_MEMBERSHIP, group);
      }
      return new SocketDescriptor(fd, false, netlinkPid);
    } catch (NetlinkException | RuntimeException e) {
      Sys.close(fd);
      throw e;
    }
  }

  /** A NETLINK_ROUTE socket of another namespace, handed over by somebody who keeps it. */
  static SocketDescriptor borrow(int fd) throws NetlinkException {
    if (SocketOptions.domain(fd) != AF_NETLINK || SocketOptions.protocol(fd) != NETLINK_ROUTE) {
      throw refused("it is no NETLINK_ROUTE socket");
    }
    long cookie = SocketOptions.namespaceCookie(fd);
    if (cookie < 0 || cookie == OwnNamespace.COOKIE) {
      throw refused("it is a socket of this node's own network namespace");
    }
    setOptions(fd);
    return new SocketDescriptor(fd, true, 0);
  }

  int fd() {
    return fd;
  }

  int netlinkPid() {
    return netlinkPid;
  }

  /** Closes the descriptor unless it is borrowed. The next use answers EBADF. */
  void close() {
    if (!borrowed && fd >= 0) {
      Sys.close(fd);
    }
    fd = -1;
  }

  private static int socket(int protocol) throws NetlinkException {
    int fd = Sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    check("open it", fd);
    return fd;
  }

  private static void setOptions(int fd) throws NetlinkException {
    set(fd, NETLINK_CAP_ACK, 1);
    set(fd, NETLINK_EXT_ACK, 1);
    set(fd, NETLINK_GET_STRICT_CHK, 1);
    check("set the timeout", SocketOptions.receiveTimeout(fd, ANSWER_TIMEOUT));
  }

  private static void set(int fd, int option, int value) throws NetlinkException {
    check("set option " + option, SocketOptions.setInt(fd, SOL_NETLINK, option, value));
  }

  /** Binds to a netlink port ID that the kernel chooses: struct sockaddr_nl (linux/netlink.h). */
  private static int bind(int fd) throws NetlinkException {
    NativeMemory address = new NativeMemory(16);
    address.buffer().putShort(0, (short) AF_NETLINK);
    check("bind it", Sys.bind(fd, address, SOCKADDR_NL));
    address.buffer().putInt(SOCKADDR_NL, SOCKADDR_NL);
    check("read its netlink port ID", Sys.getsockname(fd, address, 0, SOCKADDR_NL));
    return address.buffer().getInt(4);
  }

  private static void check(String step, int result) throws NetlinkException {
    if (result < 0) {
      throw new NetlinkException("netlink socket: " + step, -result, "");
    }
  }

  private static NetlinkException refused(String why) {
    return new NetlinkException("use the socket handed over", Errno.EINVAL, why);
  }

  /** Read once: a process's own namespace does not change here. */
  private static final class OwnNamespace {
    static final long COOKIE = read();

    private static long read() {
      int fd = Sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
      long cookie = fd < 0 ? fd : SocketOptions.namespaceCookie(fd);
      if (fd >= 0) {
        Sys.close(fd);
      }
      if (cookie < 0) {
        throw new IllegalStateException(
            "read SO_NETNS_COOKIE: " + Errno.name((int) -cookie) + "; Linux 5.14 or newer?");
      }
      return cookie;
    }
  }
}
