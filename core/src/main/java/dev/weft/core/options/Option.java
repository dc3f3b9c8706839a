// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * One option of a program, as its command line, its environment and its documentation know it.
 *
 * @param <T> type of its value
 * @param key its name: {@code --key=value} on the command line, {@code WEFT_KEY} in the environment
 * @param valueName what stands for the value in the documentation, such as {@code DURATION}
 * @param parser reads the value; throws {@link IllegalArgumentException} with the form of a valid
 *     value as its message
 * @param defaultText what is parsed where the option is not given; empty: the option has no value
 *     then
 * @param required whether leaving it out is an error
 * @param description one sentence for the documentation, with unit and bounds
 */
public record Option<T>(
    String key,
    String valueName,
    Function<String, T> parser,
    Optional<String> defaultText,
    boolean required,
    String description) {

  /** Whether {@code --key} alone, without a value, means true. */
  boolean isFlag() {
    return valueName.isEmpty();
  }

  /** The environment variable that gives its value where the command line does not. */
  public String variable() {
    return "WEFT_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
