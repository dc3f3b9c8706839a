// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;

/** What {@code kubectl get} shows of the kinds that Kubernetes itself has. */
final class BuiltInColumns {
  private BuiltInColumns() {}

  static List<Column> of(String kind) {
    return switch (kind) {
      case "Node" -> nodes();
      case "Pod" -> pods();
      case "Event" -> events();
      case "Namespace" -> List.of(Column.of("Status", "string", 0, ".status.phase"), Column.age());
      case "Lease" ->
          List.of(Column.of("Holder", "string", 0, ".spec.holderIdentity"), Column.age());
      case "Service" ->
          List.of(
              Column.of("Type", "string", 0, ".spec.type"),
              Column.of("Cluster-IP", "string", 0, ".spec.clusterIP"),
              Column.age());
      case "CustomResourceDefinition" ->
          List.of(Column.of("Created At", "string", 0, ".metadata.creationTimestamp"));
      default -> List.of(Column.age());
    };
  }

  private static List<Column> nodes() {
    return List.of(
        text("Status", 0, BuiltInColumns::nodeStatus),
        text("Roles", 0, node -> "<none>"),
        Column.age(),
        Column.of("Version", "string", 0, ".status.nodeInfo.kubeletVersion"),
        text("Internal-IP", 1, BuiltInColumns::internalAddresses));
  }

  private static String nodeStatus(JsonNode node) {
    String ready =
        JsonPath.parse(".status.conditions[?(@.type==\"Ready\")].status").find(node).asText();
    String schedulable = node.at("/spec/unschedulable").asBoolean() ? ",SchedulingDisabled" : "";
    return (ready.equals("True") ? "Ready" : "NotReady") + schedulable;
  }

  private static String internalAddresses(JsonNode node) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode address : node.at("/status/addresses")) {
      if (address.path("type").asText().equals("InternalIP")) {
        addresses.add(address.path("address").asText());
      }
    }
    return String.join(",", addresses);
  }

  private static List<Column> pods() {
    return List.of(
        text("Ready", 0, BuiltInColumns::readyContainers),
        Column.of("Status", "string", 0, ".status.phase"),
        text("Restarts", 0, pod -> "0"),
        Column.age(),
        text("IP", 1, BuiltInColumns::podAddresses),
        Column.of("Node", "string", 1, ".spec.nodeName"));
  }

  private static String readyContainers(JsonNode pod) {
    int all = pod.at("/spec/containers").size();
    boolean running = pod.at("/status/phase").asText().equals("Running");
    return (running ? all : 0) + "/" + all;
  }

  private static String podAddresses(JsonNode pod) {
    List<String> addresses = new ArrayList<>();
    pod.at("/status/podIPs").forEach(entry -> addresses.add(entry.path("ip").asText()));
    return addresses.isEmpty() ? "<none>" : String.join(",", addresses);
  }

  private static List<Column> events() {
    return List.of(
        new Column("Last Seen", "date", 0, BuiltInColumns::lastSeen),
        Column.of("Type", "string", 0, ".type"),
        Column.of("Reason", "string", 0, ".reason"),
        text("Object", 0, BuiltInColumns::involvedObject),
        text("Message", 0, event -> event.path("message").asText(event.path("note").asText())));
  }

  private static JsonNode lastSeen(JsonNode event) {
    for (String field : List.of("lastTimestamp", "eventTime", "firstTimestamp")) {
      if (event.path(field).isTextual()) {
        return event.get(field);
      }
    }
    return event.at("/metadata/creationTimestamp");
  }

  private static String involvedObject(JsonNode event) {
    JsonNode object =
        event.has("involvedObject") ? event.get("involvedObject") : event.path("regarding");
    return object.path("kind").asText().toLowerCase(java.util.Locale.ROOT)
        + "/"
        + object.path("name").asText();
  }

  private static Column text(
      String name, int priority, java.util.function.Function<JsonNode, String> value) {
    return new Column(name, "string", priority, object -> TextNode.valueOf(value.apply(object)));
  }
}
