// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a few texts over HTTP. A port that is taken is tried again each second: with the host's
 * network two operators on one node share the port, and the one that has it answers for both.
 */
final class HttpEndpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoint.class);
  private static final long RETRY_SECONDS = 1;

  private final InetSocketAddress address;
  private final Map<String, Supplier<Answer>> answers = new LinkedHashMap<>();
  private final ScheduledExecutorService retry =
      Executors.newSingleThreadScheduledExecutor(HttpEndpoint::thread);
  private HttpServer server;

  /** An answer: status code and text. */
  record Answer(int code, String text) {}

  /**
   * Listens, or begins to try; nothing is served yet.
   *
   * @throws IOException if the address cannot be listened on, for another reason than that it is
   *     taken; the message names it
   */
  HttpEndpoint(InetSocketAddress address) throws IOException {
    this.address = address;
    try {
      listen();
    } catch (BindException e) {
      LOG.warn("listen on {}: {}; trying again", address, e.getMessage());
      retry.schedule(this::listenAgain, RETRY_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new IOException("listen on %s: %s".formatted(address, e.getMessage()), e);
    }
  }

  /** Serves a path and what is below it. */
  synchronized HttpEndpoint serve(String path, Supplier<Answer> answer) {
    answers.put(path, answer);
    if (server != null) {
      route(path, answer);
    }
    return this;
  }

  /** The port it listens on, or will. */
  synchronized int port() {
    return server == null ? address.getPort() : server.getAddress().getPort();
  }

  @Override
  public synchronized void close() {
    retry.shutdownNow();
    if (server != null) {
      server.stop(0);
    }
  }

  private synchronized void listen() throws IOException {
    server = HttpServer.create(address, 16);
    answers.forEach(this::route);
    server.start();
    retry.shutdown();
  }

  private void listenAgain() {
    try {
      listen();
      LOG.info("listening on {}", address);
    } catch (IOException e) {
      retry.schedule(this::listenAgain, RETRY_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void route(String path, Supplier<Answer> answer) {
    server.createContext(path, exchange -> send(exchange, answer.get()));
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "listen");
    thread.setDaemon(true);
    return thread;
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    byte[] body = answer.text().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    exchange.sendResponseHeaders(answer.code(), body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
