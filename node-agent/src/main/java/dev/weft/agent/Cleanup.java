// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.agent.install.AgentLock;
import dev.weft.agent.install.InstallException;
import dev.weft.agent.policy.PolicyLoop;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.policy.PolicyProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes everything of Weft from a node: what the runtime reads first, then what is in the kernel.
 */
final class Cleanup {
  private static final Logger LOG = LoggerFactory.getLogger(Cleanup.class);

  private final AgentOptions options;
  private final Dataplane dataplane;
  private final PolicyDataplane policies;

  Cleanup(AgentOptions options, Dataplane dataplane, PolicyDataplane policies) {
    this.options = options;
    this.dataplane = dataplane;
    this.policies = policies;
  }

  /** Whether everything could be removed. */
  boolean run() throws InstallException, DataplaneException, IOException {
    options.runtimeFiles().remove();
    List<Change<?>> plan = Planner.plan(NodeState.EMPTY, dataplane.read(), InFlight.NONE);
    plan.forEach(change -> LOG.info("{}", change.describe()));
    List<Dataplane.Failure> failures = dataplane.apply(plan);
    failures.forEach(failure -> LOG.error("{}", failure.error().getMessage()));
    // Last: pods that could not be removed stay as closed as they were till then.
    if (policies.apply(() -> PolicyProgram.NONE, Mode.ENFORCE).changed()) {
      LOG.info("removed the rules of network policies");
    }
    Files.deleteIfExists(options.runDir().resolve(PolicyLoop.SEEN));
    Files.deleteIfExists(options.runDir().resolve(Agent.BLOCKS));
    Files.deleteIfExists(options.runDir().resolve(Agent.SOCKET));
    Files.deleteIfExists(options.runDir().resolve(AgentLock.FILE));
    Files.deleteIfExists(options.runDir().resolve(AgentLock.EXCLUSIVE_FILE));
    return failures.isEmpty();
  }
}
