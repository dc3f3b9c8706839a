// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.thread;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's threads, and the one rule for all of them: whatever a thread's work throws, an {@link
 * Error} too, ends that piece of work only. It is logged, counted in {@code
 * weft.agent.thread.restarts}, and the work begins again. What is stuck, and so throws nothing,
 * fails liveness. (The JVM ends the process where memory runs out.)
 */
public enum AgentThread {
  /** Runs the reconcile loop. */
  RECONCILE("reconcile"),
  /** Serve CNI calls. */
  CNI("cni"),
  /** Wait for the kernel to finish the deletion of links. */
  DELETE("delete"),
  /** Receive the kernel's notifications. */
  NETLINK("netlink"),
  /** Connects to the API server. */
  CONNECT("connect"),
  /** Brings the kernel to what network policies want. */
  POLICY("policy"),
  /** Receives the API server's watch events. */
  WATCH("watch"),
  /** Writes statuses, and checks the connection to the API server. */
  STATUSES("statuses"),
  /** Writes Events. */
  EVENTS("events"),
  /** Probes the paths to other nodes. */
  PATHS("paths"),
  /** Makes the first ADD as fast as any. */
  WARM_UP("warm-up");

  private static final Logger LOG = LoggerFactory.getLogger(AgentThread.class);

  /** Before work that failed begins again, so that what fails always does not keep a CPU busy. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final String label;
  private final LongAdder restarts = new LongAdder();

  AgentThread(String label) {
    this.label = label;
  }

  /** Work that may be interrupted. */
  @FunctionalInterface
  public interface Work {
    /**
     * Works until there is no more to do.
     *
     * @throws InterruptedException if it was interrupted to end
     */
    void run() throws InterruptedException;
  }

  /** Makes threads of this name that do not keep the program alive. */
  public ThreadFactory factory() {
    return task -> {
      Thread thread = new Thread(task, label);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Starts a thread that works until its work returns, or the thread is interrupted. */
  public Thread start(Work work) {
    Thread thread = factory().newThread(() -> untilDone(work));
    thread.start();
    return thread;
  }

  /** The same work, of which a run that fails is logged and counted, and throws nothing. */
  public Runnable containFailures(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    };
  }

  /** Notes that a piece of work ended by a fault of the agent. */
  public void failed(Throwable fault) {
    restarts.increment();
    LOG.error("thread {}: a fault of the agent ended its work, which begins again", label, fault);
  }

  /** How often work of this thread had to begin again. */
  public long restarts() {
    return restarts.sum();
  }

  /** Counts from now on what was and will be restarted, by thread. */
  public static void bindTo(MeterRegistry registry) {
    for (AgentThread thread : values()) {
      FunctionCounter.builder("weft.agent.thread.restarts", thread, AgentThread::restarts)
          .description("Pieces of work that a fault of the agent ended, and that began again")
          .tag("thread", thread.label)
          .register(registry);
    }
  }

  private void untilDone(Work work) {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        work.run();
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | Error e) {
        failed(e);
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }
}
