// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.PodName;
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

  /** Verb, pod, container and interface. */
  static String of(Exchange exchange) {
    Map<String, String> environment = exchange.request().environment();
    StringBuilder text = new StringBuilder(verb(exchange));
    append(text, pod(environment.getOrDefault(Variables.ARGS, "")));
    append(text, environment.getOrDefault(Variables.CONTAINER_ID, ""));
    append(text, environment.getOrDefault(Variables.IF_NAME, ""));
    return text.toString();
  }

  private static String pod(String arguments) {
    try {
      return CniArguments.parse(arguments).pod().map(PodName::toString).orElse("");
    } catch (CniException e) {
      // Whoever serves the call reports why they are bad.
      return "";
    }
  }

  private static void append(StringBuilder text, String value) {
    if (!value.isEmpty()) {
      text.append(' ');
      for (int i = 0; i < Math.min(value.length(), MAX_LENGTH); i++) {
        char c = value.charAt(i);
        text.append(c > ' ' && c < 127 ? c : '?');
      }
    }
  }
}
