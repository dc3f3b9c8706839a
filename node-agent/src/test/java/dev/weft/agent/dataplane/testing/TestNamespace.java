// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.agent.dataplane.PodNamespace;
import dev.weft.netlink.libc.Sys;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import jnr.ffi.LibraryLoader;

/**
 * A network namespace that plays a pod. A thread of its own has entered it: what {@link #call} runs
 * opens its sockets there.
 */
public final class TestNamespace {
  /** setns(2) and open(2), which the agent never calls. */
  public interface Namespaces {
    int setns(int fd, int type);

    int open(CharSequence path, int flags);
  }

  private static final Namespaces LIBC = LibraryLoader.create(Namespaces.class).load("c");
  private static final int CLONE_NEWNET = 0x40000000;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String name;
  private final int descriptor;
  private final ExecutorService thread;
  private final PodNamespace pod;
  private final List<Closeable> open = new ArrayList<>();

  private TestNamespace(String name) throws Exception {
    this.name = name;
    descriptor = LIBC.open("/run/netns/" + name, 0x80000);
    thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread inside = new Thread(task, name);
              inside.setDaemon(true);
              return inside;
            });
    int socket =
        call(
            () -> {
              if (LIBC.setns(descriptor, CLONE_NEWNET) != 0) {
                throw new IOException("cannot enter namespace " + name);
              }
              return Sys.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0);
            });
    pod = new PodNamespace(descriptor, socket);
  }

  public static TestNamespace create() throws Exception {
    String name = "pod-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    Shell.run("ip netns add " + name);
    return new TestNamespace(name);
  }

  public String name() {
    return name;
  }

  /** What the plugin would hand over. */
  public PodNamespace pod() {
    return pod;
  }

  /** Runs something inside, such as opening a socket, and waits for its result. */
  public <T> T call(Callable<T> inside) throws Exception {
    try {
      return thread.submit(inside).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** Runs a program inside; its output. */
  public String run(String command) throws IOException, InterruptedException {
    return Shell.run("ip netns exec " + name + " " + command);
  }

  /** Closes something that was opened inside, and so holds the namespace, when it ends. */
  public void onEnd(Closeable opened) {
    open.add(opened);
  }

  /** Gives up every hold on the namespace: its links go. */
  public void end() throws Exception {
    for (Closeable opened : open) {
      opened.close();
    }
    Sys.close(pod.routeSocket());
    Sys.close(descriptor);
    thread.shutdownNow();
    Shell.run("ip netns del " + name);
  }
}
