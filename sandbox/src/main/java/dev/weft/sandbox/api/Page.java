// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * Which part of a list is requested.
 *
 * @param version of which the whole list is
 * @param after the place in the order of lists after which it begins; empty: the first page
 * @param limit how many objects at most; 0: all
 */
record Page(long version, String after, int limit) {
  /** The objects of a page, and how many come after them. */
  record Cut(List<ObjectNode> items, int left) {}

  /**
   * Reads {@code limit} and {@code continue}.
   *
   * @param now the version of a first page
   * @throws ApiException 400 when the client made the token up
   */
  static Page of(ApiRequest request, long now) {
    String limit = request.parameter("limit");
    int most = limit != null && limit.matches("\\d{1,9}") ? Integer.parseInt(limit) : 0;
    String token = request.parameter("continue");
    if (token == null || token.isEmpty()) {
      return new Page(now, "", most);
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      JsonNode place = Json.readObject(text, false);
      return new Page(place.path("rv").asLong(), place.path("start").asText(), most);
    } catch (IllegalArgumentException | ApiException e) {
      throw ApiException.badRequest(
          "invalid continue token: continue key is not valid: " + e.getMessage());
    }
  }

  boolean isFirst() {
    return after.isEmpty();
  }

  /** The page of a list. */
  Cut cut(List<ObjectNode> all) {
    List<ObjectNode> rest =
        all.stream().filter(item -> ObjectStore.key(item).compareTo(after) > 0).toList();
    int count = limit == 0 ? rest.size() : Math.min(limit, rest.size());
    return new Cut(rest.subList(0, count), rest.size() - count);
  }

  /**
   * The list's metadata: its version and how to go on.
   *
   * @param counted whether to report how many objects are left
   */
  ObjectNode metadata(Cut cut, boolean counted) {
    ObjectNode metadata = Tables.listMetadata(version);
    if (cut.left() > 0) {
      ObjectNode place = Json.object().put("v", "meta.k8s.io/v1").put("rv", version);
      place.put("start", ObjectStore.key(cut.items().get(cut.items().size() - 1)));
      byte[] token = Json.write(place).getBytes(StandardCharsets.UTF_8);
      metadata.put("continue", Base64.getUrlEncoder().withoutPadding().encodeToString(token));
      if (counted) {
        metadata.put("remainingItemCount", cut.left());
      }
    }
    return metadata;
  }
}
