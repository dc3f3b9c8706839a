// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.util.Arrays;

/**
 * Reads network configurations. A runtime gives every ADD the same bytes, but for what a pod
 * requests or an earlier plugin answered: the last configuration is kept, and equal bytes are not
 * parsed again. Thread-safe.
 */
final class NetworkConfigReader {
  /** A configuration of more bytes is parsed each time, so that it is not kept in memory. */
  private static final int MAX_KEPT_BYTES = 16384;

  private volatile Kept kept = new Kept(new byte[0], null);

  private record Kept(byte[] stdin, NetworkConfig config) {}

  /**
   * Reads a configuration and checks what every verb needs.
   *
   * @throws CniException if it is not what the specification demands
   */
  NetworkConfig read(byte[] stdin) throws CniException {
    Kept last = kept;
    if (last.config != null && Arrays.equals(last.stdin, stdin)) {
      return last.config;
    }
    NetworkConfig config = NetworkConfig.parse(stdin);
    if (stdin.length <= MAX_KEPT_BYTES && !config.root().has("prevResult")) {
      kept = new Kept(stdin, config);
    }
    return config;
  }
}
