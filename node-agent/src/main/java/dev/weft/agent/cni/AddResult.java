// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.cni.Attachments.Added;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the result of an ADD (CNI specification, "Success"). What an earlier plugin of the chain
 * answered stays in it, ours comes after.
 */
final class AddResult {
  /** What fits the socket's send queue, so that no answer ever waits for its reader. */
  private static final int MAX_BYTES = 65536;

  private static final int USUAL_BYTES = 512;

  private final CniCall call;
  private final Optional<JsonNode> previous;
  private final JsonGenerator out;

  private AddResult(CniCall call, Optional<JsonNode> previous, JsonGenerator out) {
    this.call = call;
    this.previous = previous;
    this.out = out;
  }

  /**
   * Writes it.
   *
   * @param tables of a further interface of the pod: the routing table that its routes are in, in
   *     each family in which another interface has the default route
   * @throws CniException if what the configuration carries over makes it too long
   */
  static byte[] write(CniCall call, Added added, int mtuBytes, Map<Family, Integer> tables)
      throws CniException {
    Optional<JsonNode> previous = call.config().previousResult();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_BYTES);
    try (JsonGenerator out = Json.generator(bytes)) {
      new AddResult(call, previous, out).write(added, mtuBytes, tables);
    } catch (IOException e) {
      throw new IllegalStateException("memory takes every byte", e);
    }
    if (bytes.size() > MAX_BYTES) {
      throw new CniException(
          ErrorCode.INVALID_CONFIG,
          "the result would be longer than %d bytes".formatted(MAX_BYTES),
          "prevResult and dns of the network configuration are carried over");
    }
    return bytes.toByteArray();
  }

  private void write(Added added, int mtuBytes, Map<Family, Integer> tables) throws IOException {
    out.writeStartObject();
    out.writeStringField("cniVersion", call.config().version().toString());
    int podIndex = writeInterfaces(added.attachment(), mtuBytes);
    writeAddresses(added, podIndex);
    writeRoutes(added, tables);
    writeDns();
    out.writeEndObject();
  }

  /** Begins a list with what an earlier plugin had in it, and tells how much that is. */
  private int beginList(String field) throws IOException {
    out.writeArrayFieldStart(field);
    int count = 0;
    if (previous.isPresent()) {
      for (JsonNode item : previous.get().path(field)) {
        out.writeTree(item);
        count++;
      }
    }
    return count;
  }

  /** Writes bridge, host end and pod's end, and tells the index of the last. */
  private int writeInterfaces(Attachment attachment, int mtuBytes) throws IOException {
    int first = beginList("interfaces");
    beginInterface(Bridge.NAME, MacAddress.BRIDGE);
    out.writeEndObject();
    beginInterface(attachment.portName(), attachment.portMac());
    writeMtu(mtuBytes);
    out.writeEndObject();
    beginInterface(attachment.key().ifName(), attachment.mac());
    writeMtu(mtuBytes);
    out.writeStringField("sandbox", call.netns());
    out.writeEndObject();
    out.writeEndArray();
    return first + 2;
  }

  private void beginInterface(String name, MacAddress mac) throws IOException {
    out.writeStartObject();
    out.writeStringField("name", name);
    out.writeStringField("mac", mac.toString());
  }

  private void writeMtu(int mtuBytes) throws IOException {
    if (call.config().version().atLeast(SpecVersion.V1_1_0)) {
      out.writeNumberField("mtu", mtuBytes);
    }
  }

  private void writeAddresses(Added added, int podIndex) throws IOException {
    beginList("ips");
    for (int i = 0; i < added.gateways().size(); i++) {
      IpAddress address = added.attachment().addresses().get(i);
      InterfaceAddress gateway = added.gateways().get(i);
      out.writeStartObject();
      if (!call.config().version().atLeast(SpecVersion.V1_0_0)) {
        out.writeStringField("version", String.valueOf(address.family().version()));
      }
      out.writeNumberField("interface", podIndex);
      out.writeStringField(
          "address", new InterfaceAddress(address, gateway.prefixLength()).toString());
      out.writeStringField("gateway", gateway.address().toString());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** Before 1.1.0 a route has no table: one that is not in the main table is left out. */
  private void writeRoutes(Added added, Map<Family, Integer> tables) throws IOException {
    beginList("routes");
    for (InterfaceAddress gateway : added.gateways()) {
      Integer table = tables.get(gateway.address().family());
      if (table != null && !call.config().version().atLeast(SpecVersion.V1_1_0)) {
        continue;
      }
      out.writeStartObject();
      out.writeStringField("dst", Cidr.containing(gateway.address(), 0).toString());
      out.writeStringField("gw", gateway.address().toString());
      if (table != null) {
        out.writeNumberField("table", table);
      }
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** The configuration's own, else the earlier plugin's, else an empty object. */
  private void writeDns() throws IOException {
    JsonNode own = call.config().root().path("dns");
    JsonNode dns = own.isObject() || previous.isEmpty() ? own : previous.get().path("dns");
    out.writeFieldName("dns");
    if (dns.isObject()) {
      out.writeTree(dns);
    } else {
      out.writeStartObject();
      out.writeEndObject();
    }
  }
}
