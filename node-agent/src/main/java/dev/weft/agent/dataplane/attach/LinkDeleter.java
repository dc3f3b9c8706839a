// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.driver.KernelErrors;
import dev.weft.agent.dataplane.driver.SocketPool;
import dev.weft.agent.thread.AgentThread;
import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkMonitor;
import dev.weft.netlink.Notification;
import dev.weft.netlink.Request;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.LinkRef;
import dev.weft.probes.Liveness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes links. A deletion is done when the kernel notifies that the link is gone, or acknowledges
 * it 15 ms and more later (when it has finished tidying up), whichever comes first; the thread that
 * sent it waits for the acknowledgement, so there are many of them.
 *
 * <p>Threads come as they are needed; where all are busy, the caller waits for one, a bounded time.
 * A deletion can be stuck in the kernel for ever ("unregister_netdevice: waiting for lo to become
 * free"): it keeps its thread, and whoever requests it again joins it. When every thread is kept
 * so, only a restart of the node helps: no signal ends a thread in there.
 */
public final class LinkDeleter implements AutoCloseable, Liveness {
  private static final Logger LOG = LoggerFactory.getLogger(LinkDeleter.class);
  private static final long STACK_BYTES = 192 * 1024;

  /** A thread costs 100 KB: one that has had nothing to do for so long ends. */
  private static final long IDLE_SECONDS = 60;

  /** How long a caller waits: for a thread, and then for its link to be gone. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Longer than the kernel's answer to anything is waited for: such a deletion is stuck. */
  private static final Duration STUCK = Duration.ofMinutes(2);

  private final SocketPool sockets;
  private final int deleters;
  private final Duration patience;

  /** Since when each thread that deletes a link is at it, by {@link System#nanoTime()}. */
  private final Map<Thread, Long> running = new ConcurrentHashMap<>();

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
  public LinkDeleter(SocketPool sockets, int deleters) throws NetlinkException {
    this(sockets, deleters, PATIENCE);
  }

  LinkDeleter(SocketPool sockets, int deleters, Duration patience) throws NetlinkException {
    this.sockets = sockets;
    this.deleters = deleters;
    this.patience = patience;
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
            this::handOver);
  }

  /** Waits for one of the threads, all of which are busy. */
  private void handOver(Runnable task, ThreadPoolExecutor pool) {
    try {
      if (pool.isShutdown()) {
        throw new RejectedExecutionException("the dataplane is closed");
      }
      if (!pool.getQueue().offer(task, patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new RejectedExecutionException(
            "all %d threads that delete links were busy for %d ms"
                .formatted(deleters, patience.toMillis()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException("interrupted", e);
    }
  }

  /**
   * Deletes a link after carrying out other requests, all in one send. What of those is gone
   * already is no error, and neither is the link. Where it is being deleted already, that is
   * joined.
   *
   * @return done when the link is gone; fails with a {@link NetlinkException}
   * @throws DataplaneException with {@code BUSY} if every thread is busy for too long
   */
  Future<Void> delete(LinkRef link, List<? extends Request> before) throws DataplaneException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    CompletableFuture<Void> begun = waiting.putIfAbsent(link.index(), done);
    if (begun != null) {
      return begun;
    }
    unacknowledged.add(link.index());
    try {
      threads.execute(() -> send(link, before, done));
      return done;
    } catch (RejectedExecutionException e) {
      forget(link, done);
      DataplaneException busy =
          new DataplaneException(
              DataplaneException.Reason.BUSY, "delete link " + link + ": " + e.getMessage(), e);
      done.completeExceptionally(busy); // somebody may have joined it
      throw busy;
    } catch (RuntimeException | Error e) {
      forget(link, done);
      done.completeExceptionally(e);
      throw e;
    }
  }

  private void forget(LinkRef link, CompletableFuture<Void> done) {
    waiting.remove(link.index(), done);
    unacknowledged.remove(link.index());
  }

  /**
   * Waits until a deletion is done.
   *
   * @throws DataplaneException if it failed, with {@code BUSY} if it takes too long: it goes on
   */
  void await(Future<Void> deletion) throws DataplaneException {
    boolean interrupted = false;
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (true) {
        try {
          deletion.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (TimeoutException e) {
      throw new DataplaneException(
          DataplaneException.Reason.BUSY,
          "delete a link: the kernel has not done it in " + patience.toMillis() + " ms; it goes on",
          e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataplaneException busy) {
        throw new DataplaneException(busy.reason(), busy.getMessage(), busy);
      }
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
    running.put(Thread.currentThread(), System.nanoTime());
    try {
      List<Request> requests = new ArrayList<>(before);
      requests.add(DeleteLink.of(link));
      for (BatchFailure failure : sockets.executeAll(requests)) {
        if (!failure.error().isNotFound()) {
          fail(link, done, failure.error());
          return;
        }
      }
      waiting.remove(link.index(), done);
      done.complete(null);
    } catch (NetlinkException e) {
      fail(link, done, e);
    } catch (RuntimeException | Error e) {
      AgentThread.DELETE.failed(e);
      fail(link, done, e);
    } finally {
      unacknowledged.remove(link.index());
      running.remove(Thread.currentThread());
    }
  }

  @Override
  public Optional<String> stuck() {
    return stuck(STUCK);
  }

  /** Stuck where every thread has been at its link for longer than this. */
  Optional<String> stuck(Duration longest) {
    long now = System.nanoTime();
    boolean all =
        running.size() >= deleters
            && running.values().stream().allMatch(since -> now - since >= longest.toNanos());
    return all
        ? Optional.of(
            "all %d threads that delete links have each waited more than %d s for the kernel"
                .formatted(deleters, longest.toSeconds()))
        : Optional.empty();
  }

  /** Whether the link of this index is being deleted, or is gone and not acknowledged yet. */
  boolean isDeleting(int index) {
    return unacknowledged.contains(index);
  }

  /** A failure that comes after the link is gone has nobody left to get it. */
  private void fail(LinkRef link, CompletableFuture<Void> done, Throwable error) {
    waiting.remove(link.index(), done); // whoever tries again now does not join this one
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
