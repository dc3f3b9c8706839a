// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Every option of one program, in the order of its documentation. */
public final class OptionTable {
  /** Of a description, without its indent of six. */
  private static final int HELP_COLUMNS = 74;

  private final Map<String, Option<?>> options = new LinkedHashMap<>();

  /** Adds an option that falls back to a default. */
  public <T> Option<T> of(
      String key, String valueName, Function<String, T> parser, String defaultText, String text) {
    return add(new Option<>(key, valueName, parser, Optional.of(defaultText), false, text));
  }

  /** Adds a time, such as {@code 30s}, that falls back to a default. */
  public Option<Duration> duration(String key, String defaultText, String text) {
    return of(key, "DURATION", Parsers.DURATION, defaultText, text);
  }

  /** Adds an option that may be left out, and then has no value. */
  public <T> Option<T> optional(
      String key, String valueName, Function<String, T> parser, String text) {
    return add(new Option<>(key, valueName, parser, Optional.empty(), false, text));
  }

  /** Adds an option that must be given. */
  public <T> Option<T> required(
      String key, String valueName, Function<String, T> parser, String text) {
    return add(new Option<>(key, valueName, parser, Optional.empty(), true, text));
  }

  /** Adds a switch: {@code --key} alone means true; false where it is not given. */
  public Option<Boolean> flag(String key, String text) {
    return of(key, "", Parsers.BOOLEAN, "false", text);
  }

  /** Adds an option; the keys of all differ. */
  public <T> Option<T> add(Option<T> option) {
    if (options.put(option.key(), option) != null) {
      throw new IllegalArgumentException("two options --" + option.key());
    }
    return option;
  }

  /**
   * Reads {@code --key=value}, {@code --key value} and, for a flag, {@code --key}; what the command
   * line leaves out comes from the environment, then from the defaults.
   *
   * @throws OptionException with every problem there is
   */
  public OptionValues parse(List<String> arguments, Map<String, String> environment)
      throws OptionException {
    List<String> problems = new ArrayList<>();
    Map<String, String> given = given(arguments, problems);
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, String> texts = new LinkedHashMap<>();
    for (Option<?> option : options.values()) {
      String text = given.get(option.key());
      String source = "--" + option.key();
      if (text == null && environment.get(option.variable()) != null) {
        text = environment.get(option.variable());
        source = option.variable();
      }
      if (text == null) {
        text = option.defaultText().orElse(null);
      }
      if (text == null) {
        if (option.required()) {
          problems.add(
              "%s is missing (or %s): %s"
                  .formatted(source, option.variable(), option.description()));
        }
        continue;
      }
      texts.put(option.key(), text);
      try {
        values.put(option.key(), option.parser().apply(text));
      } catch (IllegalArgumentException e) {
        problems.add("%s=%s: %s".formatted(source, text, e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      throw new OptionException(problems);
    }
    return new OptionValues(values, texts);
  }

  /** Whether the command line requests {@link #help}: {@code --help} or {@code -h}, anywhere. */
  public static boolean isHelp(List<String> arguments) {
    return arguments.contains("--help") || arguments.contains("-h");
  }

  /**
   * The options as text for a terminal: each with its environment variable and default, and what it
   * means.
   *
   * @param program name of the program, as it is started
   * @param purpose one sentence
   */
  public String help(String program, String purpose) {
    StringBuilder text =
        new StringBuilder("Usage: %s [OPTION]...\n%s\n".formatted(program, purpose));
    for (Option<?> option : options.values()) {
      String value = option.isFlag() ? "" : "=" + option.valueName();
      String fallback =
          option.required()
              ? ", required"
              : option.defaultText().map(shown -> ", default " + shown).orElse("");
      text.append(
          "\n  --%s%s  (%s%s)\n".formatted(option.key(), value, option.variable(), fallback));
      wrap(option.description().replace("`", ""), text);
    }
    return text.append("\n  --help\n      Print this text and exit.\n").toString();
  }

  private static void wrap(String description, StringBuilder text) {
    StringBuilder line = new StringBuilder();
    for (String word : description.split(" ")) {
      if (line.length() + word.length() > HELP_COLUMNS) {
        text.append("     ").append(line).append('\n');
        line.setLength(0);
      }
      line.append(' ').append(word);
    }
    text.append("     ").append(line).append('\n');
  }

  /** The table as Markdown, one row an option. */
  public String markdown() {
    StringBuilder rows =
        new StringBuilder(
            "| option | environment | default | meaning |\n| --- | --- | --- | --- |\n");
    for (Option<?> option : options.values()) {
      String value = option.isFlag() ? "" : "=" + option.valueName();
      String fallback =
          option.required()
              ? "required"
              : option.defaultText().map(text -> text.isEmpty() ? "" : "`" + text + "`").orElse("");
      rows.append(
          "| `--%s%s` | `%s` | %s | %s |\n"
              .formatted(option.key(), value, option.variable(), fallback, option.description()));
    }
    return rows.toString();
  }

  private Map<String, String> given(List<String> arguments, List<String> problems) {
    Map<String, String> given = new LinkedHashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      String[] parts = arguments.get(i).split("=", 2);
      String key = parts[0];
      Option<?> option = key.startsWith("--") ? options.get(key.substring(2)) : null;
      if (option == null) {
        problems.add("unknown option " + key + "; known are " + knownKeys());
        continue;
      }
      String value = parts.length == 1 ? null : parts[1];
      if (value == null && option.isFlag()) {
        value = "true";
      } else if (value == null && i + 1 < arguments.size()) {
        value = arguments.get(++i);
      }
      if (value == null) {
        problems.add("--" + option.key() + " needs a value: " + option.valueName());
      } else if (given.put(option.key(), value) != null) {
        problems.add("--" + option.key() + " is given twice");
      }
    }
    return given;
  }

  private String knownKeys() {
    return options.keySet().stream().map(key -> "--" + key).collect(Collectors.joining(", "));
  }
}
