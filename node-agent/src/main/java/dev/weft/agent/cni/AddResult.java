// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.dataplane.AttachRequest;
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
  /** How much longer routing tables make a result: a member of each family's route. */
  private static final int TABLES_BYTES = 2 * ",\"table\":2147483647".length();

  /**
   * The longest result without tables: with them it still fits the socket's send queue, so that no
   * answer ever waits for its reader.
   */
  private static final int MAX_BYTES = 65536 - TABLES_BYTES;

  private static final int USUAL_BYTES = 512;

  private final CniCall call;
  private final Optional<JsonNode> previous;
  private final AttachRequest request;
  private final byte[] withoutTables;

  private AddResult(CniCall call, AttachRequest request) throws CniException {
    this.call = call;
    this.previous = call.config().previousResult();
    this.request = request;
    this.withoutTables = write(Map.of());
  }

  /**
   * The result of making an interface, written before anything is made: after that it cannot fail.
   *
   * @throws CniException if what the configuration carries over makes it too long
   */
  static AddResult of(CniCall call, AttachRequest request) throws CniException {
    AddResult result = new AddResult(call, request);
    if (result.withoutTables.length > MAX_BYTES) {
      throw new CniException(
          ErrorCode.INVALID_CONFIG,
          "the result would be longer than %d bytes".formatted(MAX_BYTES),
          "prevResult and dns of the network configuration are carried over");
    }
    return result;
  }

  /**
   * The answer, once the interface is made.
   *
   * @param tables of a further interface of the pod, which only the kernel shows to be one: the
   *     routing table that its routes are in, in each family in which another interface has the
   *     default route
   */
  Answer answer(Map<Family, Integer> tables) {
    return Answer.success(tables.isEmpty() ? withoutTables : write(tables));
  }

  private byte[] write(Map<Family, Integer> tables) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_BYTES);
    try (JsonGenerator out = Json.generator(bytes)) {
      new Writer(out).write(tables);
    } catch (IOException e) {
      throw new IllegalStateException("memory takes every byte", e);
    }
    return bytes.toByteArray();
  }

  private final class Writer {
    private final JsonGenerator out;

    Writer(JsonGenerator out) {
      this.out = out;
    }

    void write(Map<Family, Integer> tables) throws IOException {
      out.writeStartObject();
      out.writeStringField("cniVersion", call.config().version().toString());
      int podIndex = writeInterfaces();
      writeAddresses(podIndex);
      writeRoutes(tables);
      writeDns();
      out.writeEndObject();
    }

    /** Begins a list with what an earlier plugin had in it, and returns its size. */
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

    /** Writes bridge, host veth and the pod's end, and returns the index of the last. */
    private int writeInterfaces() throws IOException {
      Attachment attachment = request.attachment();
      int first = beginList("interfaces");
      beginInterface(Bridge.NAME, MacAddress.BRIDGE);
      out.writeEndObject();
      beginInterface(attachment.hostVeth(), attachment.hostVethMac());
      writeMtu();
      out.writeEndObject();
      beginInterface(attachment.key().ifName(), attachment.mac());
      writeMtu();
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

    private void writeMtu() throws IOException {
      if (call.config().version().atLeast(SpecVersion.V1_1_0)) {
        out.writeNumberField("mtu", request.mtuBytes());
      }
    }

    private void writeAddresses(int podIndex) throws IOException {
      beginList("ips");
      for (int i = 0; i < request.gateways().size(); i++) {
        IpAddress address = request.attachment().addresses().get(i);
        InterfaceAddress gateway = request.gateways().get(i);
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
    private void writeRoutes(Map<Family, Integer> tables) throws IOException {
      beginList("routes");
      for (InterfaceAddress gateway : request.gateways()) {
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
}
