// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.pool.AgentLiveness;
import java.time.Duration;

/**
 * How agents that are not Ready are probed.
 *
 * @param answer how long a lost agent may leave uncontradicted what its blocks report
 * @param again how long after its answer it is requested to answer again
 */
record AgentTimes(Duration answer, Duration again) {
  /** Those of a cluster. */
  static final AgentTimes DEFAULT =
      new AgentTimes(AgentLiveness.ANSWER_TIME, Duration.ofMinutes(10));
}
