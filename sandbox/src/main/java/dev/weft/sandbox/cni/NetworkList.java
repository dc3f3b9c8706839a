// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A network as a runtime finds it: the first configuration of a directory, in order of file names.
 *
 * @param name the network's
 * @param cniVersion the newest version of the specification that both sides know
 * @param plugins their configurations, in the order of ADD
 */
record NetworkList(String name, String cniVersion, List<ObjectNode> plugins) {
  /** What this client speaks, newest first. */
  private static final List<String> VERSIONS = List.of("1.1.0", "1.0.0", "0.4.0", "0.3.1");

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Reads the first network of a directory. */
  static NetworkList load(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      Path first =
          files
              .filter(file -> file.toString().matches(".*\\.(conf|conflist|json)"))
              .min(Comparator.comparing(Path::getFileName))
              .orElseThrow(
                  () ->
                      new CniFailure(
                          "no CNI network: /etc/cni/net.d of the node is empty; is the agent ready,"
                              + " is there an IPPool?"));
      return parse(MAPPER.readTree(first.toFile()));
    } catch (IOException e) {
      throw new CniFailure("read the CNI configuration in " + directory + ": " + e.getMessage());
    }
  }

  static NetworkList parse(JsonNode list) {
    List<ObjectNode> plugins = new ArrayList<>();
    if (list.path("plugins").isArray()) {
      list.path("plugins").forEach(plugin -> plugins.add((ObjectNode) plugin));
    } else {
      plugins.add((ObjectNode) list);
    }
    return new NetworkList(list.path("name").asText(), version(list), List.copyOf(plugins));
  }

  private static String version(JsonNode list) {
    List<String> offered = new ArrayList<>();
    offered.add(list.path("cniVersion").asText());
    list.path("cniVersions").forEach(version -> offered.add(version.asText()));
    return VERSIONS.stream().filter(offered::contains).findFirst().orElse(offered.get(0));
  }

  /** What a plugin reads: its configuration as part of this network, and what came before it. */
  ObjectNode configuration(ObjectNode plugin, JsonNode previousResult) {
    ObjectNode configuration = plugin.deepCopy();
    configuration.put("name", name).put("cniVersion", cniVersion);
    configuration.remove(List.of("capabilities", "cniVersions", "plugins"));
    if (previousResult != null) {
      configuration.set("prevResult", previousResult);
    }
    return configuration;
  }
}
