// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.Map;

/**
 * What a runtime passed to the plugin, as the plugin passed it on: nothing of it is checked yet.
 *
 * @param environment the {@code CNI_} variables that were set
 * @param stdin the plugin's standard input
 */
record CniRequest(Map<String, String> environment, byte[] stdin) {
  /** Copies the map. */
  CniRequest {
    environment = Map.copyOf(environment);
  }
}
