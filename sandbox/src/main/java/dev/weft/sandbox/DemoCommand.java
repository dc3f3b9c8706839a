// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import dev.weft.sandbox.demo.Demo;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Plays the demo in a sandbox of its own. */
@Command(
    name = "demo",
    description =
        "A pool, three nodes, pods that reach each other: shown and checked, in a sandbox of its"
            + " own, which is called demo unless --name is given.")
final class DemoCommand implements Callable<Integer> {
  private static final String NAME = "demo";

  @ParentCommand private Main main;

  @Option(
      names = "--family",
      paramLabel = "4|6|46",
      description = "IPv4, IPv6 or both. Default: ${DEFAULT-VALUE}",
      defaultValue = "4",
      converter = ShapeOptions.Families.class)
  private Set<Family> families;

  @Option(
      names = "--topology",
      paramLabel = "flat|routed",
      description =
          "routed: node3 is behind a router that knows no pods, and is reached through a tunnel."
              + " Default: ${DEFAULT-VALUE}",
      defaultValue = "flat",
      converter = ShapeOptions.Topologies.class)
  private Topology topology;

  @Override
  public Integer call() {
    String name = main.name().equals(SandboxOptions.DEFAULT_NAME) ? NAME : main.name();
    Checkout checkout = Checkout.find();
    checkout.require();
    end(name);
    Demo demo = new Demo(families, topology, checkout.root(), checkout.probe(), System.out);
    try {
      Interruption.during(System.err, () -> demo.run(SandboxOptions.named(name)));
      return ExitCode.OK;
    } catch (RuntimeException e) {
      System.out.println("\nFAILED: " + e.getMessage());
      return ExitCode.SOFTWARE;
    }
  }

  /** Takes down what is left of a demo that was cut off. */
  private static void end(String name) {
    if (Sandbox.exists(name)) {
      Sandbox.attach(name).close();
    }
  }
}
