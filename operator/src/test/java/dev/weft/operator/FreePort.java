// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for what a test starts later, or twice. */
final class FreePort {
  // Below those that Linux takes for connections (net.ipv4.ip_local_port_range): a port out of
  // these may be another's a moment later, or that of the very connection that looks for it.
  private static final int LOWEST = 10_000;
  private static final int ABOVE_HIGHEST = 32_768;

  private FreePort() {}

  /** A port of the loopback address that nobody listens on. */
  static int find() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, ABOVE_HIGHEST);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        continue; // taken
      }
    }
  }
}
