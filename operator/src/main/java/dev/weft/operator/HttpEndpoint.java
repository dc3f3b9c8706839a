// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** Serves a few texts over HTTP. */
final class HttpEndpoint implements AutoCloseable {
  private final HttpServer server;

  /** An answer: status code and text. */
  record Answer(int code, String text) {}

  /**
   * Listens; nothing is served yet.
   *
   * @throws IOException if the address is taken; the message names it
   */
  HttpEndpoint(InetSocketAddress address) throws IOException {
    try {
      server = HttpServer.create(address, 16);
    } catch (IOException e) {
      throw new IOException("listen on %s: %s".formatted(address, e.getMessage()), e);
    }
    server.start();
  }

  /** Serves a path and what is below it. */
  HttpEndpoint serve(String path, Supplier<Answer> answer) {
    server.createContext(path, exchange -> send(exchange, answer.get()));
    return this;
  }

  /** The port it listens on. */
  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
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
