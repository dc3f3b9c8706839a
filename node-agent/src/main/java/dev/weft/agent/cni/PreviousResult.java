// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The result of an ADD as the runtime passes it back, in any version of the specification. Plugins
 * that came after us may have added to it.
 */
final class PreviousResult {
  private final JsonNode root;

  PreviousResult(JsonNode root) {
    this.root = root;
  }

  /**
   * Where it differs from an attachment, one message each.
   *
   * @param netns the pod's namespace, as the runtime names it now
   */
  List<String> differences(Attachment attachment, String netns) {
    String ifName = attachment.key().ifName();
    JsonNode mine = interfaceIn(netns, ifName);
    if (mine == null) {
      return List.of("prevResult names no interface " + ifName + " in " + netns);
    }
    List<String> differences = new ArrayList<>();
    String mac = mine.path("mac").asText("");
    if (!mac.isEmpty() && !mac.equalsIgnoreCase(attachment.mac().toString())) {
      differences.add(
          "prevResult has %s with the MAC %s, it has %s".formatted(ifName, mac, attachment.mac()));
    }
    for (IpAddress address : attachment.addresses()) {
      if (entryOf(address) == null) {
        differences.add("prevResult does not name the address " + address);
      }
    }
    return differences;
  }

  /** The MTU that it names for an interface in the pod's namespace, from version 1.1.0 on. */
  OptionalInt mtuOf(String netns, String ifName) {
    JsonNode mine = interfaceIn(netns, ifName);
    JsonNode mtu = mine == null ? MissingNode.getInstance() : mine.path("mtu");
    return mtu.canConvertToInt() && mtu.asInt() > 0
        ? OptionalInt.of(mtu.asInt())
        : OptionalInt.empty();
  }

  /** The gateway that it names for an address, with the address's prefix length. */
  Optional<InterfaceAddress> gatewayOf(IpAddress address) {
    JsonNode entry = entryOf(address);
    if (entry == null) {
      return Optional.empty();
    }
    try {
      IpAddress gateway = IpAddress.parse(entry.path("gateway").asText(""));
      int prefixLength = InterfaceAddress.parse(entry.path("address").asText("")).prefixLength();
      return Optional.of(new InterfaceAddress(gateway, prefixLength));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private JsonNode interfaceIn(String netns, String ifName) {
    for (JsonNode candidate : root.path("interfaces")) {
      if (candidate.path("name").asText().equals(ifName)
          && candidate.path("sandbox").asText().equals(netns)) {
        return candidate;
      }
    }
    return null;
  }

  private JsonNode entryOf(IpAddress address) {
    for (JsonNode entry : root.path("ips")) {
      String text = entry.path("address").asText("");
      try {
        if (RequestedAddress.parse(text).equals(address)) {
          return entry;
        }
      } catch (IllegalArgumentException e) {
        // Not an address, so not this one: the caller reports that it is missing.
        continue;
      }
    }
    return null;
  }
}
