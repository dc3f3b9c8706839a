// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * The head of the plugin's request, protocol 1: {@code u32 magic | u16 version | u16 descriptors |
 * u32 environment length | u32 stdin length}, big-endian. The environment follows, then stdin.
 *
 * @param version of the protocol
 * @param descriptors how many came along
 * @param environmentLength in bytes
 * @param stdinLength in bytes
 */
record RequestFrame(int version, int descriptors, long environmentLength, long stdinLength) {
  /** "WEFT". */
  static final int MAGIC = 0x57454654;

  static final int VERSION = 1;
  static final int HEAD_BYTES = 16;
  static final int MAX_ENVIRONMENT = 65536;
  static final int MAX_STDIN = 1 << 20;

  /**
   * Reads the head.
   *
   * @throws CniException "incompatible" for another version of the protocol, and where a length or
   *     the number of descriptors is none that the protocol allows
   * @throws NotOurProtocolException if the magic is another
   */
  static RequestFrame parse(byte[] head) throws CniException, NotOurProtocolException {
    ByteBuffer buffer = ByteBuffer.wrap(head);
    int magic = buffer.getInt();
    if (magic != MAGIC) {
      throw new NotOurProtocolException("a request begins with 0x%08x".formatted(magic));
    }
    RequestFrame frame =
        new RequestFrame(
            Short.toUnsignedInt(buffer.getShort()),
            Short.toUnsignedInt(buffer.getShort()),
            Integer.toUnsignedLong(buffer.getInt()),
            Integer.toUnsignedLong(buffer.getInt()));
    if (frame.version != VERSION) {
      throw new CniException(
          ErrorCode.INCOMPATIBLE_VERSION,
          "the plugin speaks protocol %d, the agent %d".formatted(frame.version, VERSION),
          "plugin and agent are of different versions of Weft");
    }
    if (frame.descriptors != 0 && frame.descriptors != 2) {
      throw bad(frame.descriptors + " descriptors are announced, the protocol has 0 or 2");
    }
    if (frame.environmentLength > MAX_ENVIRONMENT || frame.stdinLength > MAX_STDIN) {
      throw bad(
          "environment of %d and stdin of %d bytes, at most %d and %d are taken"
              .formatted(frame.environmentLength, frame.stdinLength, MAX_ENVIRONMENT, MAX_STDIN));
    }
    return frame;
  }

  /** Reads the environment: {@code KEY=VALUE}, each ended by a NUL. */
  static Map<String, String> environment(byte[] bytes) throws CniException {
    Map<String, String> environment = new HashMap<>();
    int begin = 0;
    while (begin < bytes.length) {
      int end = begin;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      String pair = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
      int equals = pair.indexOf('=');
      if (end == bytes.length || equals <= 0) {
        throw bad("the environment is no list of KEY=VALUE with a NUL after each");
      }
      if (environment.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
        throw bad("the environment has two " + pair.substring(0, equals));
      }
      begin = end + 1;
    }
    return environment;
  }

  /** A request without descriptors, as the plugin would send it. */
  static byte[] bytes(CniRequest request) {
    StringBuilder pairs = new StringBuilder();
    request.environment().forEach((key, value) -> pairs.append(key + "=" + value + "\0"));
    byte[] environment = pairs.toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(HEAD_BYTES + environment.length + request.stdin().length)
        .putInt(MAGIC)
        .putShort((short) VERSION)
        .putShort((short) 0)
        .putInt(environment.length)
        .putInt(request.stdin().length)
        .put(environment)
        .put(request.stdin())
        .array();
  }

  private static CniException bad(String details) {
    return new CniException(ErrorCode.IO_FAILURE, "the plugin's request is malformed", details);
  }
}
