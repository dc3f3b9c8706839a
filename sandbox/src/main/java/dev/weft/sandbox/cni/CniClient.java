// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.cni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls the CNI plugins of a node as a container runtime does: the network that sorts first, its
 * plugins in order, each with the result of the one before; the result is kept for CHECK and DEL.
 */
public final class CniClient {
  private static final String PLUGINS = "/opt/cni/bin";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String node;
  private final PluginRunner runner;
  private final Path configurations;
  private final Path cache;

  /**
   * Makes a client.
   *
   * @param node the node's name, for messages
   * @param runner runs programs in the node
   * @param configurations the node's {@code /etc/cni/net.d}, as this process sees it
   * @param cache keeps one file for each attachment
   */
  public CniClient(String node, PluginRunner runner, Path configurations, Path cache) {
    this.node = node;
    this.runner = runner;
    this.configurations = configurations;
    this.cache = cache;
  }

  /**
   * Connects a container.
   *
   * @return the last plugin's result
   * @throws CniFailure when a plugin refuses; what was made is then taken back by DEL
   */
  public JsonNode add(CniAttachment attachment) {
    NetworkList network = NetworkList.load(configurations);
    JsonNode result = null;
    try {
      for (ObjectNode plugin : network.plugins()) {
        result = call("ADD", network, plugin, result, attachment);
      }
    } catch (CniFailure e) {
      undo(network, attachment, e);
      throw e;
    }
    remember(attachment, result);
    return result;
  }

  private void undo(NetworkList network, CniAttachment attachment, CniFailure reason) {
    try {
      delete(network, attachment, null);
    } catch (CniFailure e) {
      reason.addSuppressed(e);
    }
  }

  /** Checks that a container is connected as ADD answered. */
  public void check(CniAttachment attachment) {
    NetworkList network = NetworkList.load(configurations);
    JsonNode result = remembered(attachment);
    for (ObjectNode plugin : network.plugins()) {
      call("CHECK", network, plugin, result, attachment);
    }
  }

  /** Disconnects a container, in the reverse order; one that is not connected is no error. */
  public void delete(CniAttachment attachment) {
    delete(NetworkList.load(configurations), attachment, remembered(attachment));
    try {
      Files.deleteIfExists(file(attachment));
    } catch (IOException e) {
      throw new CniFailure("forget " + file(attachment) + ": " + e.getMessage());
    }
  }

  private void delete(NetworkList network, CniAttachment attachment, JsonNode result) {
    List<ObjectNode> reverse = new ArrayList<>(network.plugins());
    Collections.reverse(reverse);
    reverse.forEach(plugin -> call("DEL", network, plugin, result, attachment));
  }

  /** Passes the plugins the attachments that there are; they remove the others of this network. */
  public void collectGarbage(Collection<CniAttachment> valid) {
    NetworkList network = NetworkList.load(configurations);
    for (ObjectNode plugin : network.plugins()) {
      ObjectNode configuration = network.configuration(plugin, null);
      var list = configuration.putArray("cni.dev/valid-attachments");
      for (CniAttachment attachment : valid) {
        list.addObject()
            .put("containerID", attachment.containerId())
            .put("ifname", attachment.interfaceName());
      }
      run(plugin, Map.of("CNI_COMMAND", "GC", "CNI_PATH", PLUGINS), configuration);
    }
  }

  /** Checks whether ADD would be served. */
  public void status() {
    NetworkList network = NetworkList.load(configurations);
    for (ObjectNode plugin : network.plugins()) {
      Map<String, String> variables = Map.of("CNI_COMMAND", "STATUS", "CNI_PATH", PLUGINS);
      run(plugin, variables, network.configuration(plugin, null));
    }
  }

  private JsonNode call(
      String verb,
      NetworkList network,
      ObjectNode plugin,
      JsonNode previous,
      CniAttachment attachment) {
    Map<String, String> variables = new HashMap<>();
    variables.put("CNI_COMMAND", verb);
    variables.put("CNI_CONTAINERID", attachment.containerId());
    variables.put("CNI_NETNS", attachment.networkNamespace());
    variables.put("CNI_IFNAME", attachment.interfaceName());
    variables.put("CNI_ARGS", String.join(";", attachment.arguments()));
    variables.put("CNI_PATH", PLUGINS);
    return run(plugin, variables, network.configuration(plugin, previous));
  }

  private JsonNode run(ObjectNode plugin, Map<String, String> variables, ObjectNode configuration) {
    String type = plugin.path("type").asText();
    PluginRunner.Output output =
        runner.run(PLUGINS + "/" + type, variables, configuration.toString());
    String what =
        variables.get("CNI_COMMAND")
            + " by CNI plugin "
            + type
            + " on "
            + node
            + " for "
            + variables.getOrDefault("CNI_NETNS", "all");
    if (output.code() == 0) {
      return output.stdout().isBlank() ? null : read(output.stdout());
    }
    throw output.stdout().isBlank()
        ? new CniFailure(what + ": exit code " + output.code() + ": " + output.stderr().strip())
        : new CniFailure(what, read(output.stdout()));
  }

  private static JsonNode read(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new CniFailure("the plugin's answer is no JSON: " + text);
    }
  }

  private Path file(CniAttachment attachment) {
    return cache.resolve(attachment.containerId() + "-" + attachment.interfaceName() + ".json");
  }

  private void remember(CniAttachment attachment, JsonNode result) {
    try {
      Files.createDirectories(cache);
      Files.writeString(file(attachment), String.valueOf(result));
    } catch (IOException e) {
      throw new CniFailure("remember " + file(attachment) + ": " + e.getMessage());
    }
  }

  /** What ADD answered; null when it is not known. */
  private JsonNode remembered(CniAttachment attachment) {
    try {
      return Files.exists(file(attachment)) ? MAPPER.readTree(file(attachment).toFile()) : null;
    } catch (IOException e) {
      throw new CniFailure("read " + file(attachment) + ": " + e.getMessage());
    }
  }
}
