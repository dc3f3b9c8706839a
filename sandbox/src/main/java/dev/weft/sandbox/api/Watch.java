// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** One client that follows the objects it selected. */
final class Watch {
  private final Kind kind;
  private final Predicate<JsonNode> selection;

  /** Converts an object into what the client requested: itself, or a table of one row. */
  private final UnaryOperator<JsonNode> form;

  /** Takes one event as text. */
  private final Consumer<String> client;

  Watch(
      Kind kind,
      Predicate<JsonNode> selection,
      UnaryOperator<JsonNode> form,
      Consumer<String> client) {
    this.kind = kind;
    this.selection = selection.and(kind::isOf);
    this.form = form;
    this.client = client;
  }

  /** Sends the client a change, as it is through its selection. */
  void changed(JsonNode before, JsonNode after) {
    boolean was = before != null && selection.test(before);
    boolean is = after != null && selection.test(after);
    if (was && is) {
      send("MODIFIED", after);
    } else if (is) {
      send("ADDED", after);
    } else if (was) {
      send("DELETED", after == null ? before : withVersionOf(after, before));
    }
  }

  /** The object as the client last knew it, at the version in which it left the selection. */
  private static JsonNode withVersionOf(JsonNode after, JsonNode before) {
    ObjectNode gone = before.deepCopy();
    Json.child(gone, "metadata").set("resourceVersion", after.at("/metadata/resourceVersion"));
    return gone;
  }

  /** Sends the client that the objects it was sent are all that there are. */
  void initialEventsEnd(long version) {
    ObjectNode object = Json.object();
    object.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
    ObjectNode metadata = object.putObject("metadata");
    metadata.put("resourceVersion", Long.toString(version));
    metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
    client.accept(Json.write(event("BOOKMARK", object)) + "\n");
  }

  void refused(ApiException reason) {
    client.accept(Json.write(event("ERROR", reason.toStatus())) + "\n");
  }

  private void send(String type, JsonNode object) {
    client.accept(Json.write(event(type, form.apply(object))) + "\n");
  }

  private static ObjectNode event(String type, JsonNode object) {
    ObjectNode event = Json.object();
    event.put("type", type).set("object", object);
    return event;
  }
}
