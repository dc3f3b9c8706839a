// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.agent.cni.Attachments.Added;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import java.util.List;
import java.util.Optional;

/**
 * The result of an ADD (CNI specification, "Success"). What an earlier plugin of the chain answered
 * stays in it, ours comes after.
 */
final class AddResult {
  /** What fits the socket's send queue, so that no answer ever waits for its reader. */
  private static final int MAX_BYTES = 65536;

  private final SpecVersion version;
  private final ObjectNode root;

  private final ArrayNode interfaces;
  private final ArrayNode ips;
  private final ArrayNode routes;

  private AddResult(SpecVersion version, Optional<JsonNode> previous) {
    this.version = version;
    root = JsonNodeFactory.instance.objectNode();
    root.put("cniVersion", version.toString());
    interfaces = carriedOver("interfaces", previous);
    ips = carriedOver("ips", previous);
    routes = carriedOver("routes", previous);
  }

  private ArrayNode carriedOver(String field, Optional<JsonNode> previous) {
    ArrayNode list = root.putArray(field);
    previous.ifPresent(result -> result.path(field).forEach(list::add));
    return list;
  }

  /**
   * Writes it.
   *
   * @throws CniException if what the configuration carries over makes it too long
   */
  static byte[] write(CniCall call, Added added, int mtuBytes) throws CniException {
    Optional<JsonNode> previous = call.config().previousResult();
    AddResult result = new AddResult(call.config().version(), previous);
    int podIndex = result.addInterfaces(added.attachment(), call.netns(), mtuBytes);
    result.addAddresses(added, podIndex);
    JsonNode dns = call.config().root().path("dns");
    JsonNode earlier = previous.map(json -> json.path("dns")).orElse(dns);
    result.root.set("dns", dns.isObject() ? dns : earlier.isObject() ? earlier : emptyObject());
    byte[] bytes = Json.write(result.root);
    if (bytes.length > MAX_BYTES) {
      throw new CniException(
          ErrorCode.INVALID_CONFIG,
          "the result would be longer than %d bytes".formatted(MAX_BYTES),
          "prevResult and dns of the network configuration are carried over");
    }
    return bytes;
  }

  /** Adds bridge, host end and pod's end, and tells the index of the last. */
  private int addInterfaces(Attachment attachment, String netns, int mtuBytes) {
    addInterface(Bridge.NAME, MacAddress.BRIDGE);
    withMtu(addInterface(attachment.portName(), attachment.portMac()), mtuBytes);
    withMtu(addInterface(attachment.key().ifName(), attachment.mac()), mtuBytes)
        .put("sandbox", netns);
    return interfaces.size() - 1;
  }

  private ObjectNode addInterface(String name, MacAddress mac) {
    return interfaces.addObject().put("name", name).put("mac", mac.toString());
  }

  private ObjectNode withMtu(ObjectNode link, int mtuBytes) {
    return version.atLeast(SpecVersion.V1_1_0) ? link.put("mtu", mtuBytes) : link;
  }

  private void addAddresses(Added added, int podIndex) {
    List<IpAddress> addresses = added.attachment().addresses();
    for (int i = 0; i < addresses.size(); i++) {
      IpAddress address = addresses.get(i);
      InterfaceAddress gateway = added.gateways().get(i);
      ObjectNode ip = ips.addObject();
      if (!version.atLeast(SpecVersion.V1_0_0)) {
        ip.put("version", String.valueOf(address.family().version()));
      }
      ip.put("interface", podIndex);
      ip.put("address", new InterfaceAddress(address, gateway.prefixLength()).toString());
      ip.put("gateway", gateway.address().toString());
      routes
          .addObject()
          .put("dst", Cidr.containing(address, 0).toString())
          .put("gw", gateway.address().toString());
    }
  }

  private static ObjectNode emptyObject() {
    return JsonNodeFactory.instance.objectNode();
  }
}
