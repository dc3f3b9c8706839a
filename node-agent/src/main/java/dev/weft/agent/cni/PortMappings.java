// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.PortMapping;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the {@code portMappings} capability requests, read strictly but for the case of its keys:
 * containerd writes {@code HostPort} where the specification has {@code hostPort}.
 */
final class PortMappings {
  /** The most of a pod: in both families they are one transaction of nftables. */
  static final int MOST = 4096;

  private static final int LAST_PORT = 65_535;

  private PortMappings() {}

  /**
   * Reads the list; none where it is missing or null.
   *
   * @throws CniException with the item's number and what is wrong with it, or if there are more
   *     than {@value #MOST}
   */
  static List<PortMapping> read(JsonNode list) throws CniException {
    if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
      throw invalid("is no list but " + list.getNodeType());
    }
    if (list.size() > MOST) {
      throw invalid("has %d items, and a pod may have %d".formatted(list.size(), MOST));
    }
    List<PortMapping> mappings = new ArrayList<>(list.size());
    for (JsonNode item : list) {
      try {
        mappings.add(mapping(item));
      } catch (IllegalArgumentException e) {
        throw invalid("item %d: %s".formatted(mappings.size(), e.getMessage()));
      }
    }
    return mappings;
  }

  private static PortMapping mapping(JsonNode item) {
    String hostIp = field(item, "hostIP").asText("");
    return new PortMapping(
        hostIp.isEmpty() ? Optional.empty() : Optional.of(IpAddress.parse(hostIp).unmapped()),
        protocol(field(item, "protocol").asText("")),
        port(item, "hostPort"),
        port(item, "containerPort"));
  }

  private static JsonNode field(JsonNode item, String name) {
    for (Map.Entry<String, JsonNode> field : item.properties()) {
      if (field.getKey().equalsIgnoreCase(name)) {
        return field.getValue();
      }
    }
    return MissingNode.getInstance();
  }

  private static Protocol protocol(String text) {
    return text.isEmpty()
        ? Protocol.TCP
        : Arrays.stream(Protocol.values())
            .filter(protocol -> protocol.name().equalsIgnoreCase(text))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "protocol \"%s\" is none of %s"
                            .formatted(text, Arrays.toString(Protocol.values()))));
  }

  private static int port(JsonNode item, String name) {
    JsonNode port = field(item, name);
    if (!port.isInt() || port.intValue() < 1 || port.intValue() > LAST_PORT) {
      throw new IllegalArgumentException(
          "%s %s is no number from 1 to %d"
              .formatted(name, port.isMissingNode() ? "(missing)" : port, LAST_PORT));
    }
    return port.intValue();
  }

  private static CniException invalid(String why) {
    return new CniException(
        ErrorCode.INVALID_CONFIG, "runtimeConfig.portMappings is bad", "portMappings " + why);
  }
}
