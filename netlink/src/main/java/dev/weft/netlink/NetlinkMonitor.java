// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.MalformedMessageException;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.NetworkOrder;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.NativeMemory;
import dev.weft.netlink.libc.Sys;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to the kernel's notifications, on a thread of its own. What happens after a factory
 * method has returned is reported.
 */
public final class NetlinkMonitor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NetlinkMonitor.class);

  private static final int RTNLGRP_LINK = 1;
  private static final int RTNLGRP_NEIGH = 3;
  private static final int RTNLGRP_IPV4_IFADDR = 5;
  private static final int RTNLGRP_IPV4_ROUTE = 7;
  private static final int RTNLGRP_IPV6_IFADDR = 9;
  private static final int RTNLGRP_IPV6_ROUTE = 11;
  private static final int RTNLGRP_NEXTHOP = 32;
  private static final int NFNLGRP_NFTABLES = 7;

  private static final long[] NO_FILTER = {};

  /**
   * Lets through RTM_DELLINK of ifi_family 0, and NLMSG_ERROR, which answers {@link #close}. Of a
   * 16-bit load the filter sees the bytes in network order (linux/filter.h).
   */
  private static final long[] LINK_REMOVALS = {
    instruction(0x28, 0, 0, 4), // load the type, 16 bits
    instruction(0x15, 3, 0, swapped(Reply.NLMSG_ERROR)), // equal: accept
    instruction(0x15, 0, 3, swapped(NotificationReader.RTM_DELLINK)), // not equal: refuse
    instruction(0x30, 0, 0, 16), // load ifi_family, 8 bits
    instruction(0x15, 0, 1, 0), // not equal: refuse
    instruction(0x06, 0, 0, 0xffffffffL), // accept
    instruction(0x06, 0, 0, 0), // refuse
  };

  /** After an error that is no loss, so that one that stays does not keep a processor busy. */
  private static final long PAUSE_NANOS = 1_000_000_000;

  private static final int NLMSG_NOOP = 1;
  private static final int NLM_F_REQUEST_ACK = 5;

  private final SocketDescriptor descriptor;
  private final Function<MessageReader, Optional<Notification>> decoder;
  private final Consumer<Notification> onNotification;
  private final Runnable onLoss;
  private final Thread thread;
  private volatile boolean closed;

  private NetlinkMonitor(
      SocketDescriptor descriptor,
      String threadName,
      Function<MessageReader, Optional<Notification>> decoder,
      Consumer<Notification> onNotification,
      Runnable onLoss) {
    this.descriptor = descriptor;
    this.decoder = decoder;
    this.onNotification = onNotification;
    this.onLoss = onLoss;
    this.thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Listens to links, addresses and routes of both families, next hops and neighbours.
   *
   * @param onNotification called for each, one after the other; it must be quick
   * @param onLoss called when notifications were lost: read everything again
   * @throws NetlinkException if the kernel refuses the socket
   */
  public static NetlinkMonitor route(Consumer<Notification> onNotification, Runnable onLoss)
      throws NetlinkException {
    return route(onNotification, onLoss, 0);
  }

  /**
   * As {@link #route(Consumer, Runnable)}, but for what one socket changes: the kernel does not
   * queue that. Of links and addresses it does not know the socket.
   *
   * @param exceptOf {@link NetlinkSocket#netlinkPid} of the socket; 0 for none
   */
  public static NetlinkMonitor route(
      Consumer<Notification> onNotification, Runnable onLoss, int exceptOf)
      throws NetlinkException {
    int[] groups = {
      RTNLGRP_LINK,
      RTNLGRP_NEIGH,
      RTNLGRP_IPV4_IFADDR,
      RTNLGRP_IPV4_ROUTE,
      RTNLGRP_IPV6_IFADDR,
      RTNLGRP_IPV6_ROUTE,
      RTNLGRP_NEXTHOP
    };
    return new NetlinkMonitor(
        SocketDescriptor.listen(SocketDescriptor.NETLINK_ROUTE, groups, changesOfOthers(exceptOf)),
        "netlink-route",
        NotificationReader::route,
        onNotification,
        onLoss);
  }

  /**
   * Listens only to links that are gone: the moment from which nobody finds them any more, long
   * before the acknowledgement of their deletion. Parameters and errors as for {@link #route}.
   */
  public static NetlinkMonitor linkRemovals(Consumer<Notification> onNotification, Runnable onLoss)
      throws NetlinkException {
    int[] groups = {RTNLGRP_LINK};
    return new NetlinkMonitor(
        SocketDescriptor.listen(SocketDescriptor.NETLINK_ROUTE, groups, LINK_REMOVALS),
        "netlink-removals",
        NotificationReader::route,
        onNotification,
        onLoss);
  }

  /** Listens to changes of nftables. Parameters and errors as for {@link #route}. */
  public static NetlinkMonitor nftables(Consumer<Notification> onNotification, Runnable onLoss)
      throws NetlinkException {
    return nftables(onNotification, onLoss, 0);
  }

  /** As {@link #nftables(Consumer, Runnable)}, but for what one socket changes. */
  public static NetlinkMonitor nftables(
      Consumer<Notification> onNotification, Runnable onLoss, int exceptOf)
      throws NetlinkException {
    int[] groups = {NFNLGRP_NFTABLES};
    return new NetlinkMonitor(
        SocketDescriptor.listen(
            SocketDescriptor.NETLINK_NETFILTER, groups, changesOfOthers(exceptOf)),
        "netlink-nftables",
        NotificationReader::nftables,
        onNotification,
        onLoss);
  }

  /** Stops listening: when it returns, no callback runs any more (unless it is called from one). */
  @Override
  public void close() {
    closed = true;
    wake();
    if (Thread.currentThread() != thread) {
      join();
    }
  }

  private void run() {
    ThreadBuffers buffers = ThreadBuffers.current();
    buffers.makeRoomForDump();
    while (!closed) {
      int result = buffers.receive(descriptor.fd());
      if (closed) {
        break;
      }
      if (result < 0) {
        lost(-result);
      } else {
        deliver(buffers.reader());
      }
    }
    descriptor.close();
  }

  private void lost(int errno) {
    if (errno != Errno.ENOBUFS && errno != Errno.EMSGSIZE) {
      LOG.error("netlink notifications: receive: {}", Errno.name(errno));
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    reportLoss();
  }

  private void deliver(MessageReader reader) {
    try {
      while (reader.next()) {
        Optional<Notification> notification = decoder.apply(reader);
        if (notification.isPresent()) {
          deliver(notification.get());
        }
      }
    } catch (MalformedMessageException e) {
      LOG.warn("netlink notifications: malformed message: {}", e.getMessage());
      reportLoss();
    } catch (RuntimeException | Error e) {
      LOG.error("netlink notifications: a message could not be read", e);
      reportLoss();
    }
  }

  private void deliver(Notification notification) {
    try {
      onNotification.accept(notification);
    } catch (RuntimeException | Error e) {
      listenerFailed(e);
    }
  }

  private void reportLoss() {
    try {
      onLoss.run();
    } catch (RuntimeException | Error e) {
      listenerFailed(e);
    }
  }

  /** That must not end the listening. */
  private static void listenerFailed(Throwable e) {
    LOG.error("netlink notifications: the listener failed", e);
  }

  /** A message which the kernel only acknowledges: it ends the receive. */
  private void wake() {
    NativeMemory message = new NativeMemory(16);
    message.buffer().putInt(16).putShort((short) NLMSG_NOOP).putShort((short) NLM_F_REQUEST_ACK);
    int fd = descriptor.fd();
    if (fd >= 0) {
      Sys.send(fd, message, 0, 16, 0);
    }
  }

  private void join() {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Refuses what has this nlmsg_pid. Of a 32-bit load the filter sees the bytes swapped too. */
  private static long[] changesOfOthers(int netlinkPid) {
    if (netlinkPid == 0) {
      return NO_FILTER;
    }
    return new long[] {
      instruction(0x20, 0, 0, 12), // load nlmsg_pid, 32 bits
      instruction(0x15, 0, 1, NetworkOrder.ofInt(netlinkPid) & 0xffffffffL), // not equal: accept
      instruction(0x06, 0, 0, 0), // refuse
      instruction(0x06, 0, 0, 0xffffffffL), // accept
    };
  }

  private static long instruction(int code, int ifTrue, int ifFalse, long k) {
    return code | (long) ifTrue << 16 | (long) ifFalse << 24 | k << 32;
  }

  private static long swapped(int value) {
    return NetworkOrder.ofShort(value);
  }
}
