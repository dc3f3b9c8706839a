// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.label;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A label selector; all of its parts must hold.
 *
 * @param labels labels that must be there with these values
 * @param requirements further conditions
 */
public record Selector(Map<String, String> labels, List<Requirement> requirements) {
  /** Selects everything. */
  public static final Selector ALL = new Selector(Map.of(), List.of());

  /** How a label and a requirement's values relate. */
  public enum Operator {
    /** The label's value is one of them. */
    IN("In"),
    /** The label is absent or its value is none of them. */
    NOT_IN("NotIn"),
    /** The label is there, whatever its value. */
    EXISTS("Exists"),
    /** The label is absent. */
    DOES_NOT_EXIST("DoesNotExist");

    private final String text;

    Operator(String text) {
      this.text = text;
    }

    /** The operator that the API of Kubernetes writes so; empty where it has none. */
    public static Optional<Operator> of(String text) {
      return Arrays.stream(values()).filter(operator -> operator.text.equals(text)).findFirst();
    }
  }

  /**
   * A condition on one label.
   *
   * @param key the label
   * @param operator how label and values relate
   * @param values none for {@code EXISTS} and {@code DOES_NOT_EXIST}
   */
  public record Requirement(String key, Operator operator, List<String> values) {
    /** Its values cannot be changed. */
    public Requirement {
      values = List.copyOf(values);
    }

    boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case IN -> value != null && values.contains(value);
        case NOT_IN -> value == null || !values.contains(value);
        case EXISTS -> value != null;
        case DOES_NOT_EXIST -> value == null;
      };
    }
  }

  /** Copies both. */
  public Selector {
    labels = Map.copyOf(labels);
    requirements = List.copyOf(requirements);
  }

  /** Whether what has these labels is selected. */
  public boolean matches(Map<String, String> actual) {
    for (Map.Entry<String, String> label : labels.entrySet()) {
      if (!label.getValue().equals(actual.get(label.getKey()))) {
        return false;
      }
    }
    for (Requirement requirement : requirements) {
      if (!requirement.matches(actual)) {
        return false;
      }
    }
    return true;
  }
}
