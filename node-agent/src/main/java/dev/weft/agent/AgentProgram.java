// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cni.CniServer;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.kernel.KernelDataplane;
import dev.weft.agent.install.AgentLock;
import dev.weft.agent.install.InstallException;
import dev.weft.core.options.OptionException;
import dev.weft.core.options.OptionTable;
import dev.weft.probes.Watchdog;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent as a program: its options, its lock, its life. */
final class AgentProgram {
  /** Exit status: it did what was requested, or was stopped. */
  static final int OK = 0;

  /** Exit status: it could not; the reason is in the log. */
  static final int FAILED = 1;

  /** Exit status: its options are wrong. */
  static final int BAD_OPTIONS = 2;

  /**
   * How long a stop may take: longer than calls are waited for, and the kubelet kills after 10 s.
   */
  static final Duration STOP_TIME = CniServer.STOP_TIME.plusSeconds(2);

  private static final String PURPOSE =
      "Serves CNI on a node and programs the node's network. Runs until it is stopped.\n"
          + "weft-agent policy NAMESPACE/POD: shows, from this node's agent, a pod's"
          + " network policies.";

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  /**
   * One that has not run.
   *
   * @param environment of options that the command line does not have
   * @param out where the help goes
   * @param err where wrong options are reported
   */
  AgentProgram(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /** Runs until the process is stopped; returns the exit status. */
  int run(List<String> arguments) {
    if (!arguments.isEmpty() && arguments.get(0).equals(PolicyVerb.NAME)) {
      return new PolicyVerb(environment, out, err).run(arguments.subList(1, arguments.size()));
    }
    if (OptionTable.isHelp(arguments)) {
      out.print(AgentOptions.TABLE.help("weft-agent", PURPOSE));
      return OK;
    }
    AgentOptions options;
    try {
      options = AgentOptions.parse(arguments, environment);
    } catch (OptionException e) {
      e.problems().forEach(problem -> err.println("weft-agent: " + problem));
      err.println("weft-agent: --help explains each option");
      return BAD_OPTIONS;
    }
    Logger log = LoggerFactory.getLogger(AgentProgram.class);
    log.info("options: {}", options.text());
    if (options.installPlugin()) {
      return installPlugin(options, log);
    }
    try (AgentLock lock = AgentLock.take(options.runDir().resolve(AgentLock.FILE));
        KernelDataplane dataplane = KernelDataplane.open(options.cniDeleters())) {
      log.info("this node's agent is process {}", lock.holder());
      if (options.cleanup()) {
        return new Cleanup(options, dataplane, dataplane.policies()).run() ? OK : FAILED;
      }
      serve(options, dataplane);
      return OK;
    } catch (InstallException | DataplaneException e) {
      log.error("{}", e.getMessage());
    } catch (IOException | InterruptedException e) {
      log.error("the agent cannot run: {}", e.toString());
    }
    return FAILED;
  }

  private static int installPlugin(AgentOptions options, Logger log) {
    try {
      options.runtimeFiles().installPlugin().forEach(file -> log.info("wrote {}", file));
      return OK;
    } catch (InstallException e) {
      log.error("{}", e.getMessage());
      return FAILED;
    }
  }

  private static void serve(AgentOptions options, KernelDataplane dataplane)
      throws IOException, InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stopAndWait(stop, stopped), "stop"));
    try (Agent agent = new Agent(options, dataplane, dataplane.policies(), dataplane::rehearse)) {
      Watchdog.start(agent.restartable());
      agent.start();
      stop.await();
    } finally {
      stopped.countDown();
    }
  }

  private static void stopAndWait(CountDownLatch stop, CountDownLatch stopped) {
    stop.countDown();
    try {
      if (!stopped.await(STOP_TIME.toSeconds(), TimeUnit.SECONDS)) {
        LoggerFactory.getLogger(AgentProgram.class).warn("the agent did not stop in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
