// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.sandbox.cni.CniClient;
import dev.weft.sandbox.cni.PluginRunner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A node of a sandbox: a network and a mount namespace with an agent in it. Thread-safe. */
public final class SandboxNode {
  private final String name;
  private final Sandbox sandbox;
  private final StateDir state;

  SandboxNode(String name, Sandbox sandbox, StateDir state) {
    this.name = name;
    this.sandbox = sandbox;
    this.state = state;
  }

  /** Its name, {@code node1}. */
  public String name() {
    return name;
  }

  /** Runs a command in the node, to its end. */
  public ExecResult exec(String... command) {
    return exec(Map.of(), "", command);
  }

  /** Runs a command in the node with something to read and more environment. */
  public ExecResult exec(Map<String, String> environment, String input, String... command) {
    return Commands.run(command(command), environment, input);
  }

  /** The command line that runs a command in the node, for a {@link ProcessBuilder}. */
  public List<String> command(String... command) {
    List<String> line = new ArrayList<>();
    line.add(state.enter(name).toString());
    line.addAll(List.of(command));
    return line;
  }

  /**
   * The network namespace's file as processes outside see it, for a plain {@code nsenter --net=}.
   */
  public Path networkNamespace() {
    long pid =
        OwnProcess.read(state.processes().resolve("node-" + name))
            .orElseThrow(() -> new SandboxException(name + " is off"))
            .pid();
    return Path.of("/proc/" + pid + "/ns/net");
  }

  /** A CNI client that acts in the node as a container runtime does. */
  public CniClient cni() {
    return new CniClient(
        name, this::runPlugin, state.cniConfiguration(name), state.node(name).resolve("cni-cache"));
  }

  private PluginRunner.Output runPlugin(
      String program, Map<String, String> environment, String stdin) {
    ExecResult result = exec(environment, stdin, program);
    return new PluginRunner.Output(result.code(), result.stdout(), result.stderr());
  }

  /** A GET of the agent: {@code /readyz}, {@code /v1/addresses}. */
  public ExecResult askAgent(String path) {
    return exec(Checkout.find().probe().toString(), "get", "127.0.0.1", "9470", path);
  }

  /** Ends the agent with SIGKILL, and waits until it is gone. */
  public void killAgent() {
    sandbox.request("agent", "kill", name);
  }

  /** Ends the agent with SIGTERM, and waits until it is gone. */
  public void stopAgent() {
    sandbox.request("agent", "stop", name);
  }

  /** Starts the agent again, and does not wait. */
  public void startAgent() {
    sandbox.request("agent", "start", name);
  }

  /** Waits until the agent reports that it can serve. */
  public void awaitReady() {
    Sandbox.await(
        "the agent of " + name + " to be ready; see " + state.log("agent-" + name),
        () -> askAgent("/readyz").ok());
  }

  /** Starts a pod here; see {@link Sandbox#addPod}. */
  public SandboxPod addPod(String namespace, String podName) {
    return addPod(namespace, podName, Map.of());
  }

  /** Starts a pod with these labels here; see {@link Sandbox#addPod}. */
  public SandboxPod addPod(String namespace, String podName, Map<String, String> labels) {
    return new PodRuntime(sandbox, this).add(namespace, podName, labels);
  }

  /** Ends a pod: runs the CNI plugins, then removes its namespace and its record. */
  public void deletePod(SandboxPod pod) {
    new PodRuntime(sandbox, this).delete(pod);
  }

  /** Runs a command in a pod's network namespace, and in the node's file system. */
  public ExecResult execInPod(SandboxPod pod, String... command) {
    return exec(podCommand(pod, command).toArray(String[]::new));
  }

  /** The words that, run in the node, run a command in a pod. */
  public List<String> podCommand(SandboxPod pod, String... command) {
    List<String> line =
        new ArrayList<>(List.of("nsenter", "--net=" + pod.networkNamespace(), "--"));
    line.addAll(List.of(command));
    return line;
  }
}
