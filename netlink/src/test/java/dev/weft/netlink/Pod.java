// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.libc.Sys;
import dev.weft.netlink.libc.TestCalls;
import dev.weft.netlink.unix.Descriptors;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A network namespace with a process in it, and what the plugin would hand over of it. */
final class Pod implements AutoCloseable {
  private final Process process;
  private final int namespace;
  private final int routeSocket;

  private Pod(Process process, int namespace, int routeSocket) {
    this.process = process;
    this.namespace = namespace;
    this.routeSocket = routeSocket;
  }

  static Pod start() throws IOException {
    Process process =
        new ProcessBuilder("unshare", "--net", "sh", "-c", "echo; exec sleep 600").start();
    // Its line says that it is in its namespace.
    process.getInputStream().read();
    int namespace = TestCalls.open("/proc/" + process.pid() + "/ns/net");
    return new Pod(process, namespace, socketIn(namespace));
  }

  /** Descriptor of the namespace. */
  int namespace() {
    return namespace;
  }

  /** Descriptor of a NETLINK_ROUTE socket in it. */
  int routeSocket() {
    return routeSocket;
  }

  /** The output of a command in it. */
  String run(String... command) throws IOException {
    String[] all = new String[command.length + 3];
    all[0] = "nsenter";
    all[1] = "--net=/proc/" + process.pid() + "/ns/net";
    all[2] = "--";
    System.arraycopy(command, 0, all, 3, command.length);
    return Commands.run(all);
  }

  @Override
  public void close() {
    Descriptors.close(routeSocket);
    Descriptors.close(namespace);
    process.destroyForcibly();
  }

  /** On a thread that ends with it: a thread that was in another namespace is of no more use. */
  private static int socketIn(int namespace) {
    CompletableFuture<Integer> socket = new CompletableFuture<>();
    new Thread(
            () -> {
              TestCalls.enter(namespace);
              socket.complete(Sys.socket(16, 3 | 0x80000, 0));
            })
        .start();
    return socket.join();
  }
}
