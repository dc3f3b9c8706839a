// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.Map;

/** What a call is about, in a form that is safe to log and to count by. */
final class Subject {
  private static final int MAX_LENGTH = 200;

  private Subject() {}

  /** The verb; "unknown" where it is none. */
  static String verb(Exchange exchange) {
    String command = exchange.request().environment().getOrDefault(Variables.COMMAND, "");
    return Verb.of(command).map(Verb::name).orElse("unknown");
  }

  /** Verb, container and interface, and what {@code CNI_ARGS} says of the pod. */
  static String of(Exchange exchange) {
    Map<String, String> environment = exchange.request().environment();
    StringBuilder text = new StringBuilder(verb(exchange));
    append(text, environment, Variables.CONTAINER_ID);
    append(text, environment, Variables.IF_NAME);
    append(text, environment, Variables.ARGS);
    return text.toString();
  }

  private static void append(StringBuilder text, Map<String, String> environment, String name) {
    String value = environment.getOrDefault(name, "");
    if (!value.isEmpty()) {
      text.append(' ');
      value
          .chars()
          .limit(MAX_LENGTH)
          .forEach(c -> text.append(c > ' ' && c < 127 ? (char) c : '?'));
    }
  }
}
