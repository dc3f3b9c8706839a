// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;

/** The values of a program's options. */
public final class OptionValues {
  private final Map<String, Object> values;
  private final Map<String, String> texts;

  OptionValues(Map<String, Object> values, Map<String, String> texts) {
    this.values = values;
    this.texts = texts;
  }

  /**
   * The value of an option that is required or has a default.
   *
   * @throws NoSuchElementException if it may be left out and was, or is of another table
   */
  public <T> T get(Option<T> option) {
    return find(option)
        .orElseThrow(() -> new NoSuchElementException("--" + option.key() + " has no value"));
  }

  /** The value of an option that may be left out. */
  @SuppressWarnings("unchecked")
  public <T> Optional<T> find(Option<T> option) {
    return Optional.ofNullable((T) values.get(option.key()));
  }

  /** Every option that has a value, as {@code key=value}, for the log. */
  @Override
  public String toString() {
    return texts.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }
}
