// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.cni.CniAttachment;
import java.util.ArrayList;
import java.util.List;

/** A network namespace that a CNI client connects, without any Pod object. */
record Container(SandboxNode node, String name, CniAttachment attachment) {

  /** Makes the namespace; the container is not connected yet. */
  static Container create(SandboxNode node, String name, String... arguments) {
    node.exec("ip", "netns", "add", name).orThrow();
    return of(node, name, arguments);
  }

  /** The handle on a container whose namespace is there, or was. */
  static Container of(SandboxNode node, String name, String... arguments) {
    CniAttachment attachment =
        new CniAttachment("id-" + name, "/run/netns/" + name, "eth0", List.of(arguments));
    return new Container(node, name, attachment);
  }

  /** Connects it and tells its addresses. */
  List<String> add() {
    JsonNode result = node.cni().add(attachment);
    List<String> addresses = new ArrayList<>();
    result.path("ips").forEach(ip -> addresses.add(ip.path("address").asText().split("/")[0]));
    return addresses;
  }

  /** Disconnects it. */
  void delete() {
    node.cni().delete(attachment);
  }

  /** Removes its namespace, without a word to the plugin. */
  void removeNamespace() {
    node.exec("ip", "netns", "delete", name).orThrow();
  }

  ExecResult exec(String... command) {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", name));
    words.addAll(List.of(command));
    return node.exec(words.toArray(String[]::new));
  }
}
