// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.cni;

import java.util.Map;

/** Runs CNI plugins where a node's container runtime would. */
@FunctionalInterface
public interface PluginRunner {
  /**
   * How a plugin ended.
   *
   * @param code its exit code
   * @param stdout its result or error, in JSON
   * @param stderr what it logged
   */
  record Output(int code, String stdout, String stderr) {}

  /**
   * Runs a plugin to its end.
   *
   * @param program its file, as the node sees it
   * @param environment its {@code CNI_*} variables
   * @param stdin its configuration
   */
  Output run(String program, Map<String, String> environment, String stdin);
}
