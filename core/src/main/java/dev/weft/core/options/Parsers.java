// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Readers of option values. Each throws {@link IllegalArgumentException} with a value's form. */
public final class Parsers {
  /** Text that is not empty. */
  public static final Function<String, String> TEXT =
      text -> {
        if (text.isBlank()) {
          throw new IllegalArgumentException("must not be empty");
        }
        return text;
      };

  /** {@code true} or {@code false}. */
  public static final Function<String, Boolean> BOOLEAN =
      text ->
          switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false");
          };

  /** A number with a unit, such as {@code 500ms}, {@code 30s}, {@code 10m} or {@code 2h}. */
  public static final Function<String, Duration> DURATION = Parsers::duration;

  /** CIDRs with commas between them; empty text: none. */
  public static final Function<String, List<Cidr>> CIDRS =
      text -> text.isEmpty() ? List.of() : Arrays.stream(text.split(",")).map(Cidr::parse).toList();

  private static final Pattern DURATION_FORM = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

  private Parsers() {}

  /** A whole number within bounds, both inclusive. */
  public static Function<String, Integer> integer(int min, int max) {
    return text -> {
      int value;
      try {
        value = Integer.parseInt(text);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(bounds(min, max), e);
      }
      if (value < min || value > max) {
        throw new IllegalArgumentException(bounds(min, max));
      }
      return value;
    };
  }

  private static String bounds(int min, int max) {
    return "must be a whole number from " + min + " to " + max;
  }

  private static Duration duration(String text) {
    Matcher form = DURATION_FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException("must be a number with a unit: 500ms, 30s, 10m or 2h");
    }
    long number = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }
}
