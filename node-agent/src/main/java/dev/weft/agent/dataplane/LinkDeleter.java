// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkMonitor;
import dev.weft.netlink.Notification;
import dev.weft.netlink.Request;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.LinkRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes links. A deletion is done when the kernel tells that the link is gone, or acknowledges it
 * 15 ms and more later (when it has finished tidying up), whichever comes first; the thread that
 * sent it waits for the acknowledgement, so there are many of them.
 *
 * <p>Threads come as they are needed; where all are busy, the caller waits for one.
 */
final class LinkDeleter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LinkDeleter.class);
  private static final long STACK_BYTES = 192 * 1024;

  /** A thread costs 100 KB: one that has had nothing to do for so long ends. */
  private static final long IDLE_SECONDS = 60;

  private final SocketPool sockets;
  private final NetlinkMonitor removals;
  private final ThreadPoolExecutor threads;
  private final Map<Integer, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();
  private final Set<Integer> unacknowledged = ConcurrentHashMap.newKeySet();

  /**
   * Starts listening.
   *
   * @param sockets each thread takes one while it waits for an acknowledgement
   * @param deleters how many deletions wait for their acknowledgements at the same time
   */
  LinkDeleter(SocketPool sockets, int deleters) throws NetlinkException {
    this.sockets = sockets;
    removals = NetlinkMonitor.linkRemovals(this::gone, () -> {});
    AtomicInteger number = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            0,
            deleters,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              String name = "delete-" + number.incrementAndGet();
              Thread thread = new Thread(null, task, name, STACK_BYTES);
              thread.setDaemon(true);
              return thread;
            },
            LinkDeleter::handOver);
  }

  /** Waits for one of the threads, all of which are busy. */
  private static void handOver(Runnable task, ThreadPoolExecutor threads) {
    try {
      if (threads.isShutdown()) {
        throw new RejectedExecutionException("the dataplane is closed");
      }
      threads.getQueue().put(task);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException("interrupted", e);
    }
  }

  /**
   * Deletes a link after carrying out other requests, all in one send. What of those is gone
   * already is no error, and neither is the link.
   *
   * @return done when the link is gone; fails with a {@link NetlinkException}
   */
  Future<Void> delete(LinkRef link, List<? extends Request> before) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    waiting.put(link.index(), done);
    unacknowledged.add(link.index());
    threads.execute(() -> send(link, before, done));
    return done;
  }

  /** Waits until a deletion is done. */
  static void await(Future<Void> deletion) throws DataplaneException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          deletion.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof NetlinkException refused
          ? KernelErrors.of(refused)
          : new DataplaneException(
              DataplaneException.Reason.OTHER, "delete a link: " + e.getCause(), e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void send(LinkRef link, List<? extends Request> before, CompletableFuture<Void> done) {
    List<Request> requests = new ArrayList<>(before);
    requests.add(DeleteLink.of(link));
    try {
      for (BatchFailure failure : sockets.executeAll(requests)) {
        if (!isGone(failure.error())) {
          fail(done, failure.error());
          return;
        }
      }
      done.complete(null);
    } catch (NetlinkException | RuntimeException e) {
      fail(done, e);
    } finally {
      waiting.remove(link.index(), done);
      unacknowledged.remove(link.index());
    }
  }

  /** Whether the link of this index is being deleted, or is gone and not acknowledged yet. */
  boolean isDeleting(int index) {
    return unacknowledged.contains(index);
  }

  /** A failure that comes after the link is gone has nobody left to hear it. */
  private static void fail(CompletableFuture<Void> done, Exception error) {
    if (!done.completeExceptionally(error)) {
      LOG.warn("after a link was deleted: {}", error.getMessage());
    }
  }

  private void gone(Notification notification) {
    CompletableFuture<Void> done = waiting.remove(notification.link());
    if (done != null) {
      done.complete(null);
    }
  }

  private static boolean isGone(NetlinkException error) {
    return error.errno() == Errno.ENODEV
        || error.errno() == Errno.ENOENT
        || error.errno() == Errno.ESRCH;
  }

  /** Waits for the acknowledgements that are still to come. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warn("links are still being deleted");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    removals.close();
  }
}
