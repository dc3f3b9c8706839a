// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which objects a list or watch selects: by namespace, labels and fields. */
final class Selector {
  private static final Pattern SET =
      Pattern.compile("(?<key>[^\\s!=,()]+)\\s+(?<op>in|notin)\\s+\\((?<values>[^)]*)\\)");
  private static final Pattern EQUALITY =
      Pattern.compile("(?<key>[^\\s!=,()]+)\\s*(?<op>==|=|!=)\\s*(?<value>[^\\s!=,()]*)");
  private static final Pattern EXISTS = Pattern.compile("(?<not>!?)\\s*(?<key>[^\\s!=,()]+)");

  private Selector() {}

  /** Matches the labels of an object against a label selector; null matches everything. */
  static Predicate<JsonNode> labels(String selector) {
    return parse(selector, (object, key) -> object.path("metadata").path("labels").get(key));
  }

  /**
   * Matches fields of an object, {@code spec.nodeName=node1}; null matches everything.
   *
   * @param known which fields there are to select by
   * @throws ApiException 400 for another field
   */
  static Predicate<JsonNode> fields(String selector, Predicate<String> known) {
    Matcher requirement = EQUALITY.matcher(selector == null ? "" : selector);
    while (requirement.find()) {
      if (!known.test(requirement.group("key"))) {
        throw ApiException.badRequest("field label not supported: " + requirement.group("key"));
      }
    }
    return parse(selector, (object, key) -> object.at("/" + key.replace('.', '/')));
  }

  /** Finds what a key stands for; null or a missing node when the object has no such thing. */
  private interface Lookup {
    JsonNode find(JsonNode object, String key);
  }

  private static Predicate<JsonNode> parse(String selector, Lookup lookup) {
    Predicate<JsonNode> all = object -> true;
    if (selector == null || selector.isBlank()) {
      return all;
    }
    // A comma inside parentheses separates values, not requirements.
    for (String requirement : selector.split(",(?![^(]*\\))")) {
      all = all.and(requirement(requirement.strip(), lookup));
    }
    return all;
  }

  private static Predicate<JsonNode> requirement(String text, Lookup lookup) {
    Matcher set = SET.matcher(text);
    if (set.matches()) {
      Set<String> values = Set.of(set.group("values").strip().split("\\s*,\\s*"));
      boolean wanted = set.group("op").equals("in");
      String key = set.group("key");
      return object -> {
        String value = text(lookup, object, key);
        return (value != null && values.contains(value)) == wanted;
      };
    }
    Matcher equality = EQUALITY.matcher(text);
    if (equality.matches()) {
      String key = equality.group("key");
      boolean wanted = !equality.group("op").equals("!=");
      String value = equality.group("value");
      return object -> value.equals(text(lookup, object, key)) == wanted;
    }
    Matcher exists = EXISTS.matcher(text);
    if (exists.matches()) {
      String key = exists.group("key");
      boolean wanted = exists.group("not").isEmpty();
      return object -> (text(lookup, object, key) != null) == wanted;
    }
    throw ApiException.badRequest("unable to parse requirement: " + text);
  }

  /** The text of what is there, null when nothing is; for a field, nothing is the empty text. */
  private static String text(Lookup lookup, JsonNode object, String key) {
    JsonNode found = lookup.find(object, key);
    return found == null ? null : found.asText();
  }
}
