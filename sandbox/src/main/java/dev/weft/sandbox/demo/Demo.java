// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import dev.weft.core.net.Family;
import dev.weft.sandbox.Sandbox;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.Topology;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Weft's main job on one screen, in a sandbox of its own. Every line that is shown is checked. */
public final class Demo {
  private static final int FIRST_AND_LAST = 2;

  private final Set<Family> families;
  private final Topology topology;
  private final Path root;
  private final Path probe;
  private final PrintStream out;

  /**
   * Prepares a run.
   *
   * @param families of the cluster
   * @param topology how its nodes are connected, which decides what is shown
   * @param root the checkout, with examples
   * @param probe the program that pings and serves
   */
  public Demo(Set<Family> families, Topology topology, Path root, Path probe, PrintStream out) {
    this.families = families;
    this.topology = topology;
    this.root = root;
    this.probe = probe;
    this.out = out;
  }

  /**
   * Plays it, and takes everything down again.
   *
   * @param options names the sandbox
   * @throws RuntimeException when a line does not hold; the sandbox's logs are kept then
   */
  public void run(SandboxOptions options) {
    out.println(
        "Weft: a pod network for Kubernetes, in a sandbox of network namespaces on this machine.");
    Play play = topology == Topology.ROUTED ? new RoutedPlay() : new FlatPlay();
    Stage stage = new Stage(out, play.steps() + FIRST_AND_LAST);
    SandboxOptions shape = options.withNodes(3).withFamilies(families).withTopology(topology);
    Sandbox[] sandbox = new Sandbox[1];
    stage.step(play.beginning(), () -> sandbox[0] = Sandbox.up(shape));
    try {
      play.play(new Scene(sandbox[0], stage, new Figure(families, topology), root, probe));
    } catch (RuntimeException e) {
      throw new DemoFailure(
          e.getMessage() + "\nlogs are kept in " + sandbox[0].closeKeepingLogs(), e);
    }
    stage.step("Take the sandbox down", sandbox[0]::close);
    out.printf(Locale.ROOT, "%nEverything as it should be, in %.0f s.%n", stage.seconds());
  }
}
