// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.PortMapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The network configuration that a runtime writes to the plugin's standard input.
 *
 * @param version of the specification that it conforms to
 * @param network the network's name
 * @param root all of it, a JSON object; not to be changed
 */
record NetworkConfig(SpecVersion version, String network, JsonNode root) {
  /** The longest network name that fits a link's alias beside the rest. */
  private static final int MAX_NETWORK_LENGTH = 75;

  /** What the specification allows a network's name, and a container's id, to be. */
  static boolean isName(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean alphanumeric = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      if (!alphanumeric && (i == 0 || "_.-".indexOf(c) < 0)) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Reads a configuration and checks what every verb needs. */
  static NetworkConfig parse(byte[] stdin) throws CniException {
    JsonNode root = object(stdin);
    String text = text(root, "cniVersion");
    SpecVersion version =
        SpecVersion.of(text)
            .orElseThrow(
                () ->
                    new CniException(
                        ErrorCode.INCOMPATIBLE_VERSION,
                        "the network configuration's cniVersion \"%s\" is none of ours"
                            .formatted(shown(text)),
                        "supported: " + String.join(", ", SpecVersion.texts())));
    String network = text(root, "name");
    if (network.length() > MAX_NETWORK_LENGTH || !isName(network)) {
      throw invalid(
          "the network's name \"%s\" is bad".formatted(shown(network)),
          "it is 1 to %d letters, digits, \"_\", \".\", \"-\" and begins with a letter or digit"
              .formatted(MAX_NETWORK_LENGTH));
    }
    text(root, "type");
    object(root, "dns");
    object(root, "runtimeConfig");
    if (object(root, "ipam").hasNonNull("type")) {
      throw new CniException(
          ErrorCode.UNSUPPORTED_FIELD,
          "the network configuration has ipam.type \"%s\""
              .formatted(shown(root.path("ipam").path("type").asText())),
          "addresses come from the node's IPAllocations; remove \"ipam\"");
    }
    return new NetworkConfig(version, network, root);
  }

  /** A string of the configuration, empty where it is missing or null. */
  private static String text(JsonNode object, String member) throws CniException {
    JsonNode value = object.path(member);
    if (!value.isTextual() && !value.isMissingNode() && !value.isNull()) {
      throw wrongType(member, "string", value);
    }
    return value.asText("");
  }

  /** An object of the configuration; without members where it is missing or null. */
  private static JsonNode object(JsonNode object, String member) throws CniException {
    JsonNode value = object.path(member);
    if (!value.isObject() && !value.isMissingNode() && !value.isNull()) {
      throw wrongType(member, "object", value);
    }
    return value;
  }

  private static CniException wrongType(String member, String type, JsonNode value) {
    return invalid(
        "the network configuration's %s is no %s".formatted(member, type),
        "it is %s: %s".formatted(value.getNodeType(), shown(value.toString())));
  }

  /** The version to answer in, also where the configuration is bad. */
  static SpecVersion versionOf(byte[] stdin) {
    try {
      return SpecVersion.of(object(stdin).path("cniVersion").asText("")).orElse(SpecVersion.LATEST);
    } catch (CniException e) {
      return SpecVersion.LATEST;
    }
  }

  private static JsonNode object(byte[] stdin) throws CniException {
    if (stdin.length == 0) {
      throw decode("the standard input is empty");
    }
    JsonNode root;
    try {
      root = Json.read(stdin);
    } catch (IOException e) {
      throw decode(e.getMessage());
    }
    if (!root.isObject()) {
      throw decode("the standard input is no JSON object but " + root.getNodeType());
    }
    return root;
  }

  /** The addresses that the {@code ips} capability requests. */
  List<IpAddress> requestedAddresses() throws CniException {
    List<IpAddress> requested = new ArrayList<>();
    JsonNode list = root.path("runtimeConfig").path("ips");
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw wrongType("runtimeConfig.ips", "list", list);
    }
    for (JsonNode ip : list) {
      if (!ip.isTextual()) {
        throw wrongType("item of runtimeConfig.ips", "string", ip);
      }
      try {
        requested.add(RequestedAddress.parse(ip.asText()));
      } catch (IllegalArgumentException e) {
        throw invalid("runtimeConfig.ips is bad", e.getMessage());
      }
    }
    return requested;
  }

  /** The host ports that the {@code portMappings} capability requests. */
  List<PortMapping> portMappings() throws CniException {
    return PortMappings.read(root.path("runtimeConfig").path("portMappings"));
  }

  /** The result of an earlier plugin or ADD, where there is one. */
  Optional<JsonNode> previousResult() throws CniException {
    JsonNode previous = object(root, "prevResult");
    return previous.isObject() ? Optional.of(previous) : Optional.empty();
  }

  /**
   * GC's list of what is still in use. The specification and its library spell the key differently;
   * where both are there, both count. Null is an empty list.
   */
  Set<AttachmentKey> validAttachments() throws CniException {
    Set<AttachmentKey> valid = new HashSet<>();
    boolean found = false;
    for (String key : List.of("cni.dev/valid-attachments", "cni.dev/attachments")) {
      JsonNode list = root.path(key);
      if (!list.isMissingNode()) {
        found = true;
        addKeys(key, list, valid);
      }
    }
    if (!found) {
      throw invalid(
          "GC without a list of attachments",
          "neither cni.dev/valid-attachments nor cni.dev/attachments is there; an empty list would"
              + " remove every attachment");
    }
    return valid;
  }

  private static void addKeys(String key, JsonNode list, Set<AttachmentKey> valid)
      throws CniException {
    if (!list.isNull() && !list.isArray()) {
      throw invalid(key + " is no list", list.getNodeType().toString());
    }
    for (JsonNode item : list) {
      String containerId = text(item, "containerID");
      String ifName = text(item, "ifname");
      if (containerId.isEmpty() || ifName.isEmpty()) {
        throw invalid(key + " has an item without containerID or ifname", shown(item.toString()));
      }
      valid.add(new AttachmentKey(containerId, ifName));
    }
  }

  private static CniException decode(String details) {
    return new CniException(
        ErrorCode.DECODE_FAILURE, "read the network configuration from stdin", details);
  }

  private static CniException invalid(String msg, String details) {
    return new CniException(ErrorCode.INVALID_CONFIG, msg, details);
  }

  private static String shown(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }
}
