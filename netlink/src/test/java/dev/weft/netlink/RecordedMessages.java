// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.Bytes;
import dev.weft.netlink.codec.MessageReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Messages that a kernel sent: see recorded/replies.txt. */
final class RecordedMessages {
  private static final List<String> LINES = lines();

  /** All of them, in hexadecimal. */
  static final List<String> ALL = LINES.stream().map(line -> line.split(" ")[1]).toList();

  private RecordedMessages() {}

  /** What a query makes of the recorded answers of this name. */
  static <T> List<T> answer(String name, Query<T> query) {
    List<T> found = new ArrayList<>();
    for (String line : LINES) {
      if (line.startsWith(name + " ")) {
        MessageReader reader = Bytes.datagram(line.substring(name.length() + 1));
        while (reader.next()) {
          query.read(reader, found::add);
        }
      }
    }
    return found;
  }

  /** A reader on the first message of this name. */
  static MessageReader first(String name) {
    String line = LINES.stream().filter(l -> l.startsWith(name + " ")).findFirst().orElseThrow();
    MessageReader reader = Bytes.datagram(line.substring(name.length() + 1));
    reader.next();
    return reader;
  }

  private static List<String> lines() {
    try (InputStream in = RecordedMessages.class.getResourceAsStream("/recorded/replies.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
