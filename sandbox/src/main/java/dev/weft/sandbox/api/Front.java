// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Answers requests in the form a stock client expects: the front before the store. Thread-safe. */
final class Front {
  /**
   * A request as it came.
   *
   * @param method GET, POST, PUT, PATCH or DELETE
   * @param path without the query
   * @param parameters looks up a query parameter; null when it is not given
   * @param accept the media types that the client reads; may be empty
   * @param contentType the media type of the body; may be empty
   * @param client what the client calls itself; may be empty
   * @param body as text; may be empty
   */
  record Call(
      String method,
      String path,
      UnaryOperator<String> parameters,
      String accept,
      String contentType,
      String client,
      String body) {}

  /** An answer: the HTTP status and the JSON that goes with it. */
  record Answer(int code, JsonNode body) {}

  private final Kinds kinds = new Kinds();
  private final WatchHistory history;
  private final Objects objects;
  private final Discovery discovery = new Discovery(kinds);
  private final Tables tables;

  /**
   * A server without objects.
   *
   * @param historyBound how many changes are kept for watches and pages
   */
  Front(InstantSource clock, int historyBound) {
    this.tables = new Tables(clock);
    this.history = new WatchHistory(historyBound);
    this.objects = new Objects(new ObjectStore(history), kinds);
  }

  /** Answers anything but a watch. */
  synchronized Answer answer(Call call) {
    try {
      return dispatch(call);
    } catch (ApiException e) {
      return new Answer(e.code(), e.toStatus());
    }
  }

  private Answer dispatch(Call call) {
    String path = call.path();
    if (List.of("/healthz", "/readyz", "/livez").contains(path)) {
      return new Answer(200, com.fasterxml.jackson.databind.node.TextNode.valueOf("ok"));
    }
    Optional<JsonNode> discovered = discovery.answer(path);
    if (discovered.isPresent()) {
      return new Answer(200, discovered.get());
    }
    Optional<JsonNode> review = Reviews.answer(call.method(), path);
    if (review.isPresent()) {
      return new Answer(201, review.get());
    }
    ApiRequest request = parse(call);
    if (!List.of("", "status", "finalize").contains(request.subresource())) {
      throw ApiException.methodNotAllowed(
          "pods have no processes here, so no " + request.subresource());
    }
    return switch (call.method()) {
      case "GET" -> request.name() == null ? list(call, request) : get(call, request);
      case "POST" ->
          new Answer(201, form(call, request.kind(), objects.create(request, body(call))));
      case "PUT" ->
          new Answer(200, form(call, request.kind(), objects.update(request, body(call))));
      case "PATCH" -> new Answer(200, form(call, request.kind(), patch(call, request)));
      case "DELETE" -> delete(call, request);
      default -> throw ApiException.methodNotAllowed(call.method() + " " + path);
    };
  }

  private ApiRequest parse(Call call) {
    return ApiRequest.parse(call.path(), kinds, call.parameters(), call.client())
        .orElseThrow(() -> ApiException.noSuchPath(call.path()));
  }

  private static ObjectNode body(Call call) {
    if (call.contentType().contains("protobuf")) {
      throw ApiException.unsupportedMediaType("reading protobuf; kubectl apply -f sends JSON");
    }
    return Json.readObject(call.body(), call.contentType().contains("yaml"));
  }

  private ObjectNode patch(Call call, ApiRequest request) {
    PatchType type = PatchType.of(call.contentType());
    JsonNode patch = Json.read(call.body(), type == PatchType.APPLY);
    if (type == PatchType.APPLY && !patch.isObject()) {
      throw ApiException.badRequest("the body is not an object");
    }
    return objects.patch(request, type, patch);
  }

  private Answer get(Call call, ApiRequest request) {
    return new Answer(200, form(call, request.kind(), objects.get(request)));
  }

  private Answer list(Call call, ApiRequest request) {
    Page page = Page.of(request, objects.version());
    List<ObjectNode> all = objects.all(request);
    List<ObjectNode> then =
        page.isFirst() ? all : history.asOf(page.version(), all, request.kind());
    Page.Cut cut = page.cut(then.stream().filter(request.selection()).toList());
    ObjectNode metadata = page.metadata(cut, !request.isSelective());
    if (wantsTable(call)) {
      return new Answer(
          200, tables.render(request.kind(), cut.items(), metadata, wantsWholeObjects(call)));
    }
    ObjectNode list = Json.object();
    list.put("kind", request.kind().kind() + "List").put("apiVersion", request.kind().apiVersion());
    list.set("metadata", metadata);
    ArrayNode array = list.putArray("items");
    array.addAll(cut.items());
    return new Answer(200, list);
  }

  private Answer delete(Call call, ApiRequest request) {
    JsonNode options = call.body().isBlank() ? Json.object() : body(call);
    // A body is heeded in place of the query.
    boolean dryRun = call.body().isBlank() ? request.dryRun() : !options.path("dryRun").isEmpty();
    if (request.name() != null) {
      return new Answer(200, objects.delete(request, options, dryRun));
    }
    for (ObjectNode item : objects.all(request).stream().filter(request.selection()).toList()) {
      JsonNode metadata = item.path("metadata");
      objects.delete(
          new ApiRequest(
              request.kind(),
              request.kind().namespaced() ? metadata.path("namespace").asText() : null,
              metadata.path("name").asText(),
              "",
              request.parameters(),
              request.client()),
          Json.object(),
          dryRun);
    }
    return new Answer(
        200, Json.object().put("kind", "Status").put("apiVersion", "v1").put("status", "Success"));
  }

  private JsonNode form(Call call, Kind kind, JsonNode object) {
    return wantsTable(call)
        ? tables.render(kind, List.of(object), Tables.metadataOf(object), wantsWholeObjects(call))
        : object;
  }

  private static boolean wantsTable(Call call) {
    return call.accept().contains("as=Table");
  }

  private static boolean wantsWholeObjects(Call call) {
    return "Object".equals(call.parameters().apply("includeObject"));
  }

  /** Whether a request is for a watch, which {@link #watch} answers. */
  static boolean isWatch(Call call) {
    String watch = call.parameters().apply("watch");
    return call.method().equals("GET") && ("true".equals(watch) || "1".equals(watch));
  }

  /**
   * Starts a watch: first what there is, or what changed since the version requested, then every
   * change.
   *
   * @param client takes each event
   * @return ends the watch
   * @throws ApiException when there is no such kind
   */
  synchronized Runnable watch(Call call, Consumer<String> client) {
    ApiRequest request = parse(call);
    Watch watch =
        new Watch(
            request.kind(),
            request.selection(),
            object -> form(call, request.kind(), object),
            client);
    String since = request.parameter("resourceVersion");
    boolean fromStart = since == null || since.isEmpty() || since.equals("0");
    boolean initialEvents = request.flag("sendInitialEvents");
    try {
      long newest = objects.version();
      if (fromStart || initialEvents) {
        objects.all(request).forEach(object -> watch.changed(null, object));
        if (initialEvents) {
          watch.initialEventsEnd(newest);
        }
        history.follow(watch, newest);
      } else {
        long version = Long.parseLong(since);
        if (version < request.kind().since()) {
          throw ApiException.gone(version, request.kind().since());
        }
        history.follow(watch, version);
      }
    } catch (ApiException e) {
      watch.refused(e);
    } catch (NumberFormatException e) {
      watch.refused(ApiException.badRequest("invalid resource version: " + since));
    }
    return () -> history.forget(watch);
  }
}
