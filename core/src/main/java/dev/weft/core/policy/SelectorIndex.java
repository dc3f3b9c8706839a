// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Things by their selectors: which of them select what has some labels is found by one of the
 * labels that each requires, so that it costs the number of those and of the labels.
 */
final class SelectorIndex<T> {
  /** By a label that is required; each is there under one, or under each value it may have. */
  private final Map<Map.Entry<String, String>, Map<T, Selector>> byLabel = new HashMap<>();

  /** Those that require no label with a value. */
  private final Map<T, Selector> others = new LinkedHashMap<>();

  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  /** Takes one that is not there yet. */
  void add(Selector selector, T thing) {
    size++;
    List<Map.Entry<String, String>> labels = oneOf(selector);
    if (labels.isEmpty()) {
      others.put(thing, selector);
    }
    for (Map.Entry<String, String> label : labels) {
      byLabel.computeIfAbsent(label, key -> new LinkedHashMap<>()).put(thing, selector);
    }
  }

  /** Removes one that is there. */
  void remove(Selector selector, T thing) {
    size--;
    others.remove(thing);
    for (Map.Entry<String, String> label : required(selector)) {
      Map<T, Selector> there = byLabel.get(label);
      if (there != null && there.remove(thing) != null && there.isEmpty()) {
        byLabel.remove(label);
      }
    }
  }

  /** All that select what has these labels. */
  List<T> selecting(Map<String, String> labels) {
    List<T> selecting = new ArrayList<>();
    collect(others, labels, selecting);
    for (Map.Entry<String, String> label : labels.entrySet()) {
      collect(byLabel.getOrDefault(label, Map.of()), labels, selecting);
    }
    return selecting;
  }

  private static <T> void collect(
      Map<T, Selector> from, Map<String, String> labels, List<T> selecting) {
    from.forEach(
        (thing, selector) -> {
          if (selector.matches(labels)) {
            selecting.add(thing);
          }
        });
  }

  /** The required label that the fewest are under; else the values that one must have one of. */
  private List<Map.Entry<String, String>> oneOf(Selector selector) {
    List<Map.Entry<String, String>> required = required(selector);
    return selector.labels().isEmpty()
        ? required
        : List.of(
            required.stream()
                .min(Comparator.comparing(label -> byLabel.getOrDefault(label, Map.of()).size()))
                .orElseThrow());
  }

  private static List<Map.Entry<String, String>> required(Selector selector) {
    if (!selector.labels().isEmpty()) {
      return List.copyOf(selector.labels().entrySet());
    }
    return selector.requirements().stream()
        .filter(requirement -> requirement.operator() == Selector.Operator.IN)
        .findFirst()
        .map(
            in -> in.values().stream().distinct().map(value -> Map.entry(in.key(), value)).toList())
        .orElse(List.of());
  }
}
