// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import java.util.List;

/**
 * What {@code /readyz} answers.
 *
 * @param ready whether the node is good for pods
 * @param lines each reason why not, and what else is not as it should be
 */
public record Probe(boolean ready, List<String> lines) {
  public Probe {
    lines = List.copyOf(lines);
  }
}
