// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * Reads the protobuf that kubectl sends for objects which are nothing but a name, as those of
 * {@code kubectl create namespace} and {@code create serviceaccount}: {@code k8s\0}, then {@code
 * runtime.Unknown} with the type and the object (k8s.io/apimachinery, generated.proto).
 */
final class ProtobufObject {
  private static final int MAGIC = 0x6b387300;
  private static final int LENGTH_DELIMITED = 2;
  private static final int VARINT = 0;

  private ProtobufObject() {}

  /**
   * Reads an object.
   *
   * @param body one char a byte
   * @throws ApiException 415 when the object holds anything else than metadata
   */
  static ObjectNode read(String body) {
    ByteBuffer bytes = ByteBuffer.wrap(body.getBytes(StandardCharsets.ISO_8859_1));
    if (bytes.remaining() < Integer.BYTES || bytes.getInt() != MAGIC) {
      throw ApiException.badRequest("the body is no protobuf of Kubernetes");
    }
    ObjectNode object = Json.object();
    fields(
        bytes,
        (field, value) -> {
          if (field == 1) {
            fields(value, (f, text) -> object.put(f == 1 ? "apiVersion" : "kind", text(text)));
          } else if (field == 2) {
            contents(object, value);
          }
        });
    return object;
  }

  private static void contents(ObjectNode object, ByteBuffer bytes) {
    fields(
        bytes,
        (field, value) -> {
          if (field == 1) {
            metadata(object.putObject("metadata"), value);
          } else if (holdsText(value)) {
            throw ApiException.unsupportedMediaType(
                "reading a "
                    + object.path("kind").asText()
                    + " as protobuf; write it to a file for kubectl apply -f");
          }
        });
  }

  private static void metadata(ObjectNode metadata, ByteBuffer bytes) {
    fields(
        bytes,
        (field, value) -> {
          switch (field) {
            case 1 -> metadata.put("name", text(value));
            case 2 -> metadata.put("generateName", text(value));
            case 3 -> metadata.put("namespace", text(value));
            case 11 -> entry(Json.child(metadata, "labels"), value);
            case 12 -> entry(Json.child(metadata, "annotations"), value);
            default -> {
              // Empty in an object that is to be created.
            }
          }
        });
  }

  private static void entry(ObjectNode map, ByteBuffer bytes) {
    String[] pair = {"", ""};
    fields(bytes, (field, value) -> pair[field - 1] = text(value));
    map.put(pair[0], pair[1]);
  }

  /** An empty message holds nothing but empty messages and texts. */
  private static boolean holdsText(ByteBuffer bytes) {
    boolean[] found = {false};
    fields(bytes, (field, value) -> found[0] |= value.hasRemaining());
    return found[0];
  }

  /** Visits each field that has a length; numbers are passed over. */
  private static void fields(ByteBuffer bytes, BiConsumer<Integer, ByteBuffer> visitor) {
    while (bytes.hasRemaining()) {
      long tag = varint(bytes);
      int type = (int) (tag & 7);
      if (type == VARINT) {
        varint(bytes);
      } else if (type == LENGTH_DELIMITED) {
        long length = varint(bytes);
        if (length < 0 || length > bytes.remaining()) {
          throw ApiException.badRequest("the body ends in the middle of a field");
        }
        visitor.accept((int) (tag >>> 3), bytes.slice(bytes.position(), (int) length));
        bytes.position(bytes.position() + (int) length);
      } else {
        throw ApiException.badRequest("the body has a field of wire type " + type);
      }
    }
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE && bytes.hasRemaining(); shift += 7) {
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw ApiException.badRequest("the body ends in the middle of a number");
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
  }
}
