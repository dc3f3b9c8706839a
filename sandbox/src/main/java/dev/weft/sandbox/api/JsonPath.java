// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of JSONPath that printer columns use: {@code .a.b}, {@code [0]}, {@code [*]} (of which a
 * column shows the first), and the first element for which a field has a value, {@code
 * .conditions[?(@.type=="Ready")].status}.
 */
record JsonPath(List<Step> steps) {
  private static final Pattern STEP =
      Pattern.compile(
          "\\.(?<field>[A-Za-z0-9_-]+)"
              + "|\\[(?<index>\\d+|\\*)\\]"
              + "|\\[\\?\\(@\\.(?<key>[A-Za-z0-9_]+)\\s*==\\s*['\"](?<value>[^'\"]*)['\"]\\)\\]");

  /** One step down the tree. */
  private interface Step {
    JsonNode from(JsonNode node);
  }

  /**
   * Reads a path.
   *
   * @throws IllegalArgumentException when it holds anything else than the steps above
   */
  static JsonPath parse(String path) {
    List<Step> steps = new ArrayList<>();
    Matcher matcher = STEP.matcher(path);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      steps.add(step(matcher));
      end = matcher.end();
    }
    if (end != path.length()) {
      throw new IllegalArgumentException(
          "printer column path " + path + ": not understood at " + end);
    }
    return new JsonPath(List.copyOf(steps));
  }

  private static Step step(Matcher matcher) {
    String field = matcher.group("field");
    if (field != null) {
      return node -> node.path(field);
    }
    if (matcher.group("index") != null) {
      String text = matcher.group("index");
      int index = text.equals("*") ? 0 : Integer.parseInt(text);
      return node -> node.path(index);
    }
    String key = matcher.group("key");
    String value = matcher.group("value");
    return node -> first(node, key, value);
  }

  private static JsonNode first(JsonNode list, String key, String value) {
    for (JsonNode element : list) {
      if (element.path(key).asText().equals(value)) {
        return element;
      }
    }
    return MissingNode.getInstance();
  }

  /** What is at the path; a missing node when nothing is. */
  JsonNode find(JsonNode root) {
    JsonNode node = root;
    for (Step step : steps) {
      node = step.from(node);
    }
    return node;
  }
}
