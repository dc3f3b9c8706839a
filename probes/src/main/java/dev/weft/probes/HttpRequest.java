// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The head of a request; what follows it is not read.
 *
 * @param method its method, as sent
 * @param path the requested path, decoded
 * @param query what follows a "?" after the path, decoded; "" where nothing does
 * @param accept its Accept header; "" where it has none
 */
public record HttpRequest(String method, String path, String query, String accept) {

  /**
   * Reads the lines of a head.
   *
   * @throws IllegalArgumentException if it is none of HTTP/1; the message has the reason
   */
  static HttpRequest parse(String head) {
    String[] lines = head.split("\r?\n", -1);
    String[] request = lines[0].split(" ", -1);
    if (request.length != 3 || !request[2].startsWith("HTTP/1.")) {
      throw new IllegalArgumentException("the first line is no request of HTTP/1");
    }
    String accept = "";
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0 && lines[i].substring(0, colon).toLowerCase(Locale.ROOT).equals("accept")) {
        accept = lines[i].substring(colon + 1).strip();
      }
    }
    try {
      URI target = new URI(request[1]);
      return new HttpRequest(
          request[0], orEmpty(target.getPath()), orEmpty(target.getQuery()), accept);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("the target is no URI", e);
    }
  }

  private static String orEmpty(String part) {
    return part == null ? "" : part;
  }
}
