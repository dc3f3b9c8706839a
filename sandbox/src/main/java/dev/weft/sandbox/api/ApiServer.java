// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.core.net.IpAddress;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sandbox's Kubernetes API server: the Fabric8 mock server's CRUD mode as the store, and before
 * it a {@link Front} over plain HTTP, with watches over WebSocket and chunked HTTP.
 *
 * <p>It can be stopped and started again; the objects stay as long as this value lives.
 */
public final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
  private static final long PATIENCE_SECONDS = 60; // on a machine that is busy with other things

  /** How many changes are kept by default. */
  private static final int HISTORY = 10_000;

  /**
   * It serves no files, and so needs no cache directory, which a process that is killed leaves.
   * Requests are answered one by one in its thread: that one takes long is no fault to be logged.
   */
  private final Vertx vertx =
      Vertx.vertx(
          new VertxOptions()
              .setBlockedThreadCheckInterval(1)
              .setBlockedThreadCheckIntervalUnit(TimeUnit.DAYS)
              .setFileSystemOptions(
                  new FileSystemOptions()
                      .setClassPathResolvingEnabled(false)
                      .setFileCachingEnabled(false)));

  private final Front front;
  private final InetSocketAddress address;
  private volatile Admission admission = request -> Optional.empty();

  /** Listens while it is there; null: stopped. */
  private HttpServer server;

  /** The port that was given, kept for the next start. */
  private int port;

  /**
   * Makes a server that does not listen yet.
   *
   * @param address where it will; port 0: a free one, the same at every start
   */
  public ApiServer(InetSocketAddress address) {
    this(address, HISTORY);
  }

  /**
   * Makes a server that does not listen yet.
   *
   * @param history how many changes it keeps; a watch or page from before them is refused with 410
   */
  public ApiServer(InetSocketAddress address, int history) {
    this.address = address;
    this.port = address.getPort();
    this.front = new Front(Clock.systemUTC(), history);
  }

  /**
   * A request as it came.
   *
   * @param method GET, POST, PUT, PATCH or DELETE
   * @param uri path and query
   * @param contentType of the body; may be empty
   * @param body as text; may be empty
   */
  public record Request(String method, String uri, String contentType, String body) {}

  /**
   * Why a request is refused.
   *
   * @param code the HTTP status
   * @param message what the client reads
   */
  public record Refusal(int code, String message) {}

  /** Sees every request before it is served, and may refuse it, like an admission webhook. */
  @FunctionalInterface
  public interface Admission {
    /** Why a request is refused; empty: it is served. */
    Optional<Refusal> review(Request request);
  }

  /** Sets what every request is shown to from now on; for tests. */
  public void setAdmission(Admission reviewer) {
    admission = reviewer;
  }

  /**
   * Serves the kind that a CustomResourceDefinition in a YAML file defines.
   *
   * @throws IllegalArgumentException if the file holds none
   */
  public void define(Path file) throws IOException {
    call("POST", Kinds.DEFINITION.path(null, null), Files.readString(file));
  }

  /** Drops the rules in CEL of every kind, so that a test has objects which are older than them. */
  public void dropRules() {
    for (JsonNode definition : call("GET", Kinds.DEFINITION.path(null, null), "").path("items")) {
      definition
          .findParents("x-kubernetes-validations")
          .forEach(schema -> ((ObjectNode) schema).remove("x-kubernetes-validations"));
      String name = definition.at("/metadata/name").asText();
      call("PUT", Kinds.DEFINITION.path(null, name), Json.write(definition));
    }
  }

  private JsonNode call(String method, String path, String yaml) {
    Front.Answer answer =
        front.answer(
            new Front.Call(
                method,
                path,
                parameter -> null,
                "application/json",
                "application/yaml",
                "weft-sandbox",
                yaml));
    if (answer.code() >= 300) {
      throw new IllegalArgumentException(
          method + " " + path + ": " + answer.body().path("message").asText());
    }
    return answer.body();
  }

  /** Starts to listen; nothing happens when it does already. */
  public synchronized void start() {
    if (server != null) {
      return;
    }
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(address.getAddress().getHostAddress())
            .setPort(port)
            .setHttp2ClearTextEnabled(false)
            .setCompressionSupported(false);
    HttpServer listening = vertx.createHttpServer(options).requestHandler(this::handle);
    await(listening.listen(), "listen on " + address);
    server = listening;
    port = listening.actualPort();
  }

  /** Stops to listen and cuts every connection; the objects are kept. */
  public synchronized void stop() {
    if (server != null) {
      await(server.close(), "stop listening on " + address);
      server = null;
    }
  }

  /** Whether it listens. */
  public synchronized boolean isRunning() {
    return server != null;
  }

  /** Ends for good. */
  @Override
  public synchronized void close() {
    stop();
    await(vertx.close(), "stop the API server");
  }

  /** Where clients find it, {@code http://192.168.1.10:6443}. */
  public synchronized String url() {
    String host = IpAddress.ofBytes(address.getAddress().getAddress()).toString();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  private static void await(Future<?> future, String what) {
    try {
      future.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(what + ": interrupted", e);
    } catch (java.util.concurrent.ExecutionException | CompletionException | TimeoutException e) {
      throw new IllegalStateException(what + ": " + e.getMessage(), e);
    }
  }

  private void handle(HttpServerRequest request) {
    Front.Call call = call(request, "");
    if (Front.isWatch(call)) {
      Optional<Front.Answer> refused = review(request, call);
      if (refused.isPresent()) {
        send(request, refused.get());
      } else {
        watch(request, call);
      }
      return;
    }
    request
        .body()
        .onSuccess(
            body -> {
              Front.Call complete = call(request, body.toString(StandardCharsets.UTF_8));
              send(request, review(request, complete).orElseGet(() -> answer(complete)));
            })
        .onFailure(e -> LOG.debug("{} {}: the client went away", request.method(), request.uri()));
  }

  private Optional<Front.Answer> review(HttpServerRequest request, Front.Call call) {
    return admission
        .review(new Request(call.method(), request.uri(), call.contentType(), call.body()))
        .map(
            refusal -> {
              ApiException e = ApiException.refused(refusal.code(), refusal.message());
              return new Front.Answer(e.code(), e.toStatus());
            });
  }

  private Front.Answer answer(Front.Call call) {
    try {
      return front.answer(call);
    } catch (RuntimeException e) {
      LOG.error("{} {}", call.method(), call.path(), e);
      ApiException answer = ApiException.internal(e);
      return new Front.Answer(answer.code(), answer.toStatus());
    }
  }

  private static Front.Call call(HttpServerRequest request, String body) {
    return new Front.Call(
        request.method().name(),
        request.path(),
        request::getParam,
        header(request, "Accept"),
        header(request, "Content-Type"),
        header(request, "User-Agent"),
        body);
  }

  private static String header(HttpServerRequest request, String name) {
    String value = request.getHeader(name);
    return value == null ? "" : value;
  }

  private static void send(HttpServerRequest request, Front.Answer answer) {
    LOG.debug("{} {} -> {}", request.method(), request.uri(), answer.code());
    String text = answer.body().isTextual() ? answer.body().asText() : Json.write(answer.body());
    request
        .response()
        .setStatusCode(answer.code())
        .putHeader("Content-Type", answer.body().isTextual() ? "text/plain" : "application/json")
        .end(Buffer.buffer(text));
  }

  private void watch(HttpServerRequest request, Front.Call call) {
    LOG.debug("watch {}", request.uri());
    if ("websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
      request.toWebSocket().onSuccess(socket -> watch(socket, call));
      return;
    }
    HttpServerResponse response = request.response().setChunked(true);
    response.putHeader("Content-Type", "application/json");
    try {
      Runnable end = front.watch(call, response::write);
      // The head goes out at once, also when there is no event yet: the client waits for it.
      if (!response.headWritten()) {
        response.writeHead();
      }
      endAfterTimeout(call, response::end);
      request.connection().closeHandler(closed -> end.run());
      response.endHandler(ended -> end.run());
    } catch (ApiException e) {
      send(request, new Front.Answer(e.code(), e.toStatus()));
    }
  }

  private void watch(ServerWebSocket socket, Front.Call call) {
    try {
      Runnable end = front.watch(call, socket::writeTextMessage);
      endAfterTimeout(call, socket::close);
      socket.closeHandler(closed -> end.run());
    } catch (ApiException e) {
      socket.writeTextMessage(
          Json.write(Json.object().put("type", "ERROR").set("object", e.toStatus())));
      socket.close();
    }
  }

  private void endAfterTimeout(Front.Call call, Runnable end) {
    String seconds = call.parameters().apply("timeoutSeconds");
    if (seconds != null && seconds.matches("[1-9]\\d{0,6}")) {
      vertx.setTimer(TimeUnit.SECONDS.toMillis(Long.parseLong(seconds)), id -> end.run());
    }
  }
}
