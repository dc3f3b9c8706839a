// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.sandbox.cni.CniFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The sandbox's command line. */
@Command(
    name = "sandbox",
    description = "A whole cluster on this machine, in network namespaces of its own. Needs root.",
    footer = "%nCOMMAND --help explains each command. Logs: /run/weft-sandbox/NAME/log",
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
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description = "Which sandbox of this machine. Default: ${DEFAULT-VALUE}",
      defaultValue = SandboxOptions.DEFAULT_NAME)
  private String name;

  private Main() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  static int run(PrintStream out, PrintStream errors, String... arguments) {
    return commandLine()
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(errors, true, StandardCharsets.UTF_8))
        .setParameterExceptionHandler((e, parsed) -> wrongUse(errors, e))
        .setExecutionExceptionHandler((e, failed, parsed) -> failure(errors, e))
        .execute(arguments);
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main()).setAllowSubcommandsAsOptionParameters(true);
    line.setCommandName(Invocation.command());
    addHelp(line);
    // What follows is another program's.
    line.getSubcommands().get("node").setStopAtPositional(true);
    line.getSubcommands().get("pod").getSubcommands().get("exec").setStopAtPositional(true);
    line.getSubcommands()
        .get("kubectl")
        .setStopAtPositional(true)
        .setUnmatchedOptionsArePositionalParams(true);
    return line;
  }

  private static void addHelp(CommandLine line) {
    line.getCommandSpec()
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Print this and exit.")
                .build());
    line.getSubcommands().values().forEach(Main::addHelp);
  }

  private static int wrongUse(PrintStream errors, ParameterException e) {
    errors.println("sandbox: " + e.getMessage());
    UnmatchedArgumentException.printSuggestions(e, errors);
    errors.println("see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  private static int failure(PrintStream errors, Exception e) {
    if (e instanceof SandboxException || e instanceof CniFailure || e instanceof IOException) {
      errors.println("sandbox: " + e.getMessage());
    } else {
      e.printStackTrace(errors);
    }
    return ExitCode.SOFTWARE;
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

  @Command(
      name = "up",
      description =
          "Start a sandbox. With --pool it waits until every node can allocate addresses, and prints"
              + " why one cannot.")
  static final class Up implements Callable<Integer> {
    @ParentCommand private Main main;
    @Mixin private ShapeOptions shape;

    @Override
    public Integer call() {
      SandboxOptions options = shape.toOptions(main.name());
      Interruption.during(System.err, () -> start(options));
      return ExitCode.OK;
    }

    private static void start(SandboxOptions options) {
      Sandbox sandbox = Sandbox.up(options, System.err::println);
      System.out.println(sandbox.status());
      if (options.pools().isEmpty()) {
        System.out.println(
            "no pool yet: "
                + Invocation.of(options.name(), "kubectl", "apply", "-f", "examples/ippool.yaml"));
      } else {
        Readiness.read(sandbox.api()).poolProblems().forEach(System.out::println);
      }
      sandbox.detach();
    }
  }

  @Command(
      name = "down",
      description = "End a sandbox: its processes, namespaces and files. None is no error.")
  static final class Down implements Callable<Integer> {
    @ParentCommand private Main main;
    @Spec private CommandSpec command;

    @Override
    public Integer call() {
      if (Sandbox.exists(main.name())) {
        main.attach().close();
      } else {
        command.commandLine().getOut().println("there is no sandbox " + main.name());
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "status",
      description = "Print what runs, and where: API server, operator, nodes and agents.")
  static final class Status extends OnSandbox {
    @Override
    int on(Sandbox sandbox) {
      System.out.println(sandbox.status());
      return ExitCode.OK;
    }
  }

  @Command(
      name = "node",
      description = "Run a command in a node's namespaces, and exit with its code.")
  static final class InNode extends OnSandbox {
    @Parameters(index = "0", paramLabel = "NODE", description = "The node, such as node1.")
    private String node;

    @Parameters(
        index = "1..*",
        paramLabel = "CMD",
        arity = "1..*",
        description = "The command and its arguments.")
    private List<String> command;

    @Override
    int on(Sandbox sandbox) throws IOException, InterruptedException {
      return pass(sandbox.node(node).command(command.toArray(String[]::new)));
    }
  }

  @Command(
      name = "kubectl",
      description = "Run this machine's kubectl on the sandbox's API server.")
  static final class Kubectl extends OnSandbox {
    @Parameters(paramLabel = "ARGS", description = "kubectl's own arguments; help for its help.")
    private List<String> arguments = new ArrayList<>();

    @Override
    int on(Sandbox sandbox) throws IOException, InterruptedException {
      if (!Checkout.isOnPath("kubectl")) {
        throw new SandboxException("no kubectl on PATH; install one, 1.31 or newer");
      }
      return pass(sandbox.kubectlCommand(arguments));
    }
  }

  @Command(name = "agent", description = "Kill (SIGKILL), stop (SIGTERM) or start a node's agent.")
  static final class Agent extends OnSandbox {
    @Parameters(index = "0", paramLabel = "kill|stop|start", description = "What to do.")
    private Verb verb;

    @Parameters(index = "1", paramLabel = "NODE", description = "The node, such as node1.")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      sandbox.request("agent", verb.name(), node);
      return ExitCode.OK;
    }
  }

  @Command(name = "operator", description = "Kill (SIGKILL), stop (SIGTERM) or start the operator.")
  static final class Operator extends OnSandbox {
    @Parameters(index = "0", paramLabel = "kill|stop|start", description = "What to do.")
    private Verb verb;

    @Override
    int on(Sandbox sandbox) {
      sandbox.request("operator", verb.name());
      return ExitCode.OK;
    }
  }

  @Command(name = "api", description = "Stop or start the API server; its objects are kept.")
  static final class Api extends OnSandbox {
    @Parameters(index = "0", paramLabel = "stop|start", description = "What to do.")
    private ApiVerb verb;

    @Override
    int on(Sandbox sandbox) {
      sandbox.request("api", verb.name());
      return ExitCode.OK;
    }
  }

  @Command(name = "node-add", description = "Start one more node and register it.")
  static final class NodeAdd extends OnSandbox {
    @Parameters(index = "0", paramLabel = "NODE", description = "Its name: node1 to node60.")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      sandbox.addNode(node);
      return ExitCode.OK;
    }
  }

  @Command(name = "node-remove", description = "Cut a node's power and delete its Node object.")
  static final class NodeRemove extends OnSandbox {
    @Parameters(index = "0", paramLabel = "NODE", description = "The node, such as node1.")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      sandbox.removeNode(node);
      return ExitCode.OK;
    }
  }

  /** What can be done to a program. */
  enum Verb {
    kill,
    stop,
    start
  }

  /** What can be done to the API server. */
  enum ApiVerb {
    stop,
    start
  }
}
