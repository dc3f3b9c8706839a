// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.HashMap;
import java.util.Map;

/**
 * A CNI call to be made, of spec 1.1.0 and network "weft" unless it says otherwise.
 *
 * @param <C> what its methods return: the call itself
 */
abstract class CallBuilder<C extends CallBuilder<C>> {
  private final Map<String, String> environment = new HashMap<>();
  private String version = "1.1.0";
  private String network = "weft";
  private String more = "";
  private String stdin;

  CallBuilder(String verb) {
    environment.put("CNI_COMMAND", verb);
  }

  /** This. */
  abstract C self();

  C env(String name, String value) {
    environment.put(name, value);
    return self();
  }

  C without(String name) {
    environment.remove(name);
    return self();
  }

  C version(String text) {
    version = text;
    return self();
  }

  C network(String name) {
    network = name;
    return self();
  }

  /** More fields of the configuration, as JSON without the braces. */
  C with(String fields) {
    more = more + "," + fields;
    return self();
  }

  /** This instead of the configuration. */
  C stdin(String text) {
    stdin = text;
    return self();
  }

  Map<String, String> environment() {
    return environment;
  }

  String input() {
    return stdin != null
        ? stdin
        : "{\"cniVersion\":\"%s\",\"name\":\"%s\",\"type\":\"weft\"%s}"
            .formatted(version, network, more);
  }
}
