// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cni.CniServer;
import dev.weft.probes.Liveness;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves CNI once the kernel was read; tries again with each reconcile until it can listen. */
final class CniServing implements Liveness, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CniServing.class);

  /** Listens on the socket of the plugin. */
  @FunctionalInterface
  interface Listen {
    /**
     * Begins to serve.
     *
     * @throws IOException if it cannot listen there
     */
    CniServer start() throws IOException;
  }

  private final Listen listen;

  /** Set once by the reconcile loop, read by probes, metrics and the stop. */
  private volatile Optional<CniServer> server = Optional.empty();

  /** Of the reconcile loop alone. */
  private String trouble = "";

  /** Serves nothing yet. */
  CniServing(Listen listen) {
    this.listen = listen;
  }

  void bindTo(MeterRegistry registry) {
    Gauge.builder("weft.cni.adds.waiting", this, CniServing::waitingAdds)
        .description("ADDs that wait until the node, whose agent has just started, is ready")
        .register(registry);
  }

  /**
   * Begins to serve, where it does not yet. For the reconcile loop.
   *
   * @return why it cannot; empty where it serves
   */
  Optional<String> serve() {
    if (server.isPresent()) {
      return Optional.empty();
    }
    try {
      server = Optional.of(listen.start());
      return Optional.empty();
    } catch (IOException e) {
      if (!e.getMessage().equals(trouble)) {
        LOG.error("{}; trying again", e.getMessage());
      }
      trouble = e.getMessage();
      return Optional.of(trouble);
    }
  }

  @Override
  public Optional<String> stuck() {
    return server.flatMap(CniServer::stuck);
  }

  /** Serves no further call; those being served are waited for, {@link CniServer#STOP_TIME}. */
  @Override
  public void close() {
    server.ifPresent(CniServer::close);
  }

  private double waitingAdds() {
    return server.map(CniServer::waitingAdds).orElse(0);
  }
}
