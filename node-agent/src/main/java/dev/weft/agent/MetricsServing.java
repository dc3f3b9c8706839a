// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.core.net.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves metrics on the node's first InternalIP once that is known; tries again with each reconcile
 * until it can listen. For the reconcile loop alone.
 */
final class MetricsServing {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsServing.class);

  /** Listens on an address of the node. */
  @FunctionalInterface
  interface Listen {
    /**
     * Begins to serve.
     *
     * @throws IOException if the process may open no more descriptors
     */
    void start(InetAddress address) throws IOException;
  }

  private final int port;
  private final Listen listen;
  private boolean served;
  private String trouble = "";

  /**
   * Serves nothing yet.
   *
   * @param port the TCP port, for messages
   */
  MetricsServing(int port, Listen listen) {
    this.port = port;
    this.listen = listen;
  }

  /** Begins to serve, where it does not yet and the node has an address. */
  void serve(List<IpAddress> nodeAddresses) {
    if (served || nodeAddresses.isEmpty()) {
      return;
    }
    IpAddress address = nodeAddresses.get(0);
    try {
      listen.start(InetAddress.getByAddress(address.bytes()));
      served = true;
    } catch (IOException e) {
      String now = "serve metrics on %s port %d: %s".formatted(address, port, e);
      if (!now.equals(trouble)) {
        LOG.error("{}; trying again", now);
      }
      trouble = now;
    }
  }
}
