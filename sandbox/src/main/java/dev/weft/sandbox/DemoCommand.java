// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import dev.weft.sandbox.demo.Demo;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Plays the demo in a sandbox of its own. */
@Command(
    name = "demo",
    description = "A pool, three nodes, pods that reach each other: shown and checked.")
final class DemoCommand implements Callable<Integer> {
  private static final String NAME = "demo";

  @ParentCommand private Main main;

  @Option(
      names = "--family",
      description = "4, 6, or 46 for both. Default: ${DEFAULT-VALUE}",
      defaultValue = "4",
      converter = ShapeOptions.Families.class)
  private Set<Family> families;

  @Override
  public Integer call() {
    String name = main.name().equals(SandboxOptions.DEFAULT_NAME) ? NAME : main.name();
    Checkout checkout = Checkout.find();
    checkout.require();
    end(name);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(name), "interrupted"));
    Demo demo = new Demo(families, checkout.root(), checkout.probe(), System.out);
    return demo.run(SandboxOptions.named(name)) ? 0 : 1;
  }

  /** Takes down what is left of a demo that was cut off. */
  private static void end(String name) {
    if (StateDir.of(name).exists()) {
      Sandbox.attach(name).close();
    }
  }
}
