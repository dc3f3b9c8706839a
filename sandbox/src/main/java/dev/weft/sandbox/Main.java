// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.sandbox.cni.CniFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** The sandbox's command line. */
@Command(
    name = "sandbox",
    description = "A whole cluster on this machine, in network namespaces of its own.",
    mixinStandardHelpOptions = true,
    subcommands = {
      Main.Up.class,
      Main.Down.class,
      Main.Status.class,
      Main.InNode.class,
      Main.Kubectl.class,
      PodCommand.class,
      Main.Agent.class,
      Main.Operator.class,
      Main.Api.class,
      Main.NodeAdd.class,
      Main.NodeRemove.class,
      DemoCommand.class,
      DaemonCommand.class
    })
public final class Main {
  @Option(
      names = "--name",
      description = "Which sandbox. Default: ${DEFAULT-VALUE}",
      defaultValue = SandboxOptions.DEFAULT_NAME)
  private String name;

  private Main() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(System.err, arguments));
  }

  static int run(PrintStream errors, String... arguments) {
    CommandLine line = new CommandLine(new Main()).setAllowSubcommandsAsOptionParameters(true);
    // What follows is another program's.
    line.getSubcommands().get("node").setStopAtPositional(true);
    line.getSubcommands().get("pod").getSubcommands().get("exec").setStopAtPositional(true);
    line.getSubcommands()
        .get("kubectl")
        .setStopAtPositional(true)
        .setUnmatchedOptionsArePositionalParams(true);
    return line.setExecutionExceptionHandler(
            (e, failed, parsed) -> {
              if (e instanceof SandboxException || e instanceof CniFailure) {
                errors.println("sandbox: " + e.getMessage());
              } else {
                e.printStackTrace(errors);
              }
              return 1;
            })
        .execute(arguments);
  }

  String name() {
    return name;
  }

  Sandbox attach() {
    return Sandbox.attach(name);
  }

  /** Runs a command with this process's own streams, and returns its exit code. */
  static int pass(List<String> command) throws IOException, InterruptedException {
    return Commands.builder(command).inheritIO().start().waitFor();
  }

  /** A command on a sandbox that is up. */
  abstract static class OnSandbox implements Callable<Integer> {
    @ParentCommand Main main;

    abstract int on(Sandbox sandbox) throws IOException, InterruptedException;

    @Override
    public Integer call() throws IOException, InterruptedException {
      Sandbox sandbox = main.attach();
      try {
        return on(sandbox);
      } finally {
        sandbox.detach();
      }
    }
  }

  @Command(name = "up", description = "Start it, and wait until it works.")
  static final class Up implements Callable<Integer> {
    @ParentCommand private Main main;
    @Mixin private ShapeOptions shape;

    @Override
    public Integer call() {
      SandboxOptions options = shape.toOptions(main.name());
      Sandbox sandbox = Sandbox.up(options);
      System.out.println(sandbox.status());
      if (options.pools().isEmpty()) {
        System.out.println("no pool yet: sandbox kubectl apply -f examples/ippool.yaml");
      }
      sandbox.detach();
      return 0;
    }
  }

  @Command(name = "down", description = "End everything that it started.")
  static final class Down extends OnSandbox {
    @Override
    int on(Sandbox sandbox) {
      sandbox.close();
      return 0;
    }
  }

  @Command(name = "status", description = "What runs.")
  static final class Status extends OnSandbox {
    @Override
    int on(Sandbox sandbox) {
      System.out.println(sandbox.status());
      return 0;
    }
  }

  @Command(name = "node", description = "Run a command in a node.")
  static final class InNode extends OnSandbox {
    @Parameters(index = "0", paramLabel = "NODE")
    private String node;

    @Parameters(index = "1..*", paramLabel = "CMD", arity = "1..*")
    private List<String> command;

    @Override
    int on(Sandbox sandbox) throws IOException, InterruptedException {
      return pass(sandbox.node(node).command(command.toArray(String[]::new)));
    }
  }

  @Command(name = "kubectl", description = "Run kubectl on its API server.")
  static final class Kubectl extends OnSandbox {
    @Parameters(paramLabel = "ARGS")
    private List<String> arguments = new ArrayList<>();

    @Override
    int on(Sandbox sandbox) throws IOException, InterruptedException {
      if (!Checkout.isOnPath("kubectl")) {
        throw new SandboxException("no kubectl on PATH; install one, 1.31 or newer");
      }
      return pass(sandbox.kubectlCommand(arguments));
    }
  }

  @Command(name = "agent", description = "kill, stop or start a node's agent.")
  static final class Agent extends OnSandbox {
    @Parameters(index = "0", paramLabel = "kill|stop|start")
    private Verb verb;

    @Parameters(index = "1", paramLabel = "NODE")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      sandbox.ask("agent", verb.name(), node);
      return 0;
    }
  }

  @Command(name = "operator", description = "kill, stop or start the operator.")
  static final class Operator extends OnSandbox {
    @Parameters(index = "0", paramLabel = "kill|stop|start")
    private Verb verb;

    @Override
    int on(Sandbox sandbox) {
      sandbox.ask("operator", verb.name());
      return 0;
    }
  }

  @Command(name = "api", description = "stop or start the API server; its objects are kept.")
  static final class Api extends OnSandbox {
    @Parameters(index = "0", paramLabel = "stop|start")
    private Verb verb;

    @Override
    int on(Sandbox sandbox) {
      sandbox.ask("api", verb.name());
      return 0;
    }
  }

  @Command(name = "node-add", description = "Start one more node.")
  static final class NodeAdd extends OnSandbox {
    @Parameters(index = "0", paramLabel = "NODE")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      sandbox.addNode(node);
      return 0;
    }
  }

  @Command(name = "node-remove", description = "Cut a node's power and delete its Node object.")
  static final class NodeRemove extends OnSandbox {
    @Parameters(index = "0", paramLabel = "NODE")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      sandbox.removeNode(node);
      return 0;
    }
  }

  /** What can be done to a program. */
  enum Verb {
    kill,
    stop,
    start
  }
}
