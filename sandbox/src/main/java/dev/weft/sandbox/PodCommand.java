// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Starts, ends, lists and enters pods. */
@Command(
    name = "pod",
    description = "Start, end, list or enter pods.",
    subcommands = {
      PodCommand.Add.class,
      PodCommand.Del.class,
      PodCommand.Show.class,
      PodCommand.In.class
    })
final class PodCommand {
  @ParentCommand private Main main;

  /** A command on pods. */
  abstract static class OnPods implements Callable<Integer> {
    @ParentCommand private PodCommand parent;

    abstract int on(Sandbox sandbox) throws IOException, InterruptedException;

    @Override
    public Integer call() throws IOException, InterruptedException {
      Sandbox sandbox = parent.main.attach();
      try {
        return on(sandbox);
      } finally {
        sandbox.detach();
      }
    }
  }

  /** A command on one pod. */
  abstract static class OnPod extends OnPods {
    @Option(
        names = "--namespace",
        paramLabel = "NAMESPACE",
        description = "The pod's Kubernetes namespace. Default: ${DEFAULT-VALUE}",
        defaultValue = "default")
    String namespace;

    @Parameters(index = "0", paramLabel = "POD", description = "The pod's name.")
    String name;

    SandboxPod pod(Sandbox sandbox) {
      return sandbox
          .pod(namespace, name)
          .orElseThrow(() -> new SandboxException("there is no pod " + namespace + "/" + name));
    }
  }

  @Command(
      name = "add",
      description = "Start a pod: a network namespace, connected by the node's CNI plugins.")
  static final class Add extends OnPod {
    @Option(
        names = "--node",
        paramLabel = "NODE",
        description = "Where it runs. Default: the node with the fewest pods")
    private String node;

    @Override
    int on(Sandbox sandbox) {
      ResourceName.requirePod(namespace, name);
      String place = node == null ? emptiest(sandbox) : node;
      SandboxPod pod = sandbox.addPod(place, namespace, name);
      System.out.println(pod.name() + " " + String.join(" ", pod.addresses()) + " on " + place);
      return ExitCode.OK;
    }

    private static String emptiest(Sandbox sandbox) {
      List<SandboxPod> pods = sandbox.pods();
      return sandbox.nodes().stream()
          .map(SandboxNode::name)
          .min(
              Comparator.comparingLong(
                  node -> pods.stream().filter(pod -> pod.node().equals(node)).count()))
          .orElseThrow(() -> new SandboxException("there is no node"));
    }
  }

  @Command(name = "del", description = "End a pod: CNI DEL, then its namespace goes.")
  static final class Del extends OnPod {
    @Override
    int on(Sandbox sandbox) {
      SandboxPod pod = pod(sandbox);
      sandbox.node(pod.node()).deletePod(pod);
      return ExitCode.OK;
    }
  }

  @Command(name = "list", description = "List the pods of all namespaces.")
  static final class Show extends OnPods {
    @Override
    int on(Sandbox sandbox) {
      String row = "%-12s %-20s %-10s %s%n";
      System.out.printf(row, "NAMESPACE", "NAME", "NODE", "IP");
      for (SandboxPod pod : sandbox.pods()) {
        System.out.printf(
            row, pod.namespace(), pod.name(), pod.node(), String.join(" ", pod.addresses()));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "exec",
      description = "Run a command in a pod's network namespace, and exit with its code.")
  static final class In extends OnPod {
    @Parameters(
        index = "1..*",
        paramLabel = "CMD",
        arity = "1..*",
        description = "The command and its arguments.")
    private List<String> command;

    @Override
    int on(Sandbox sandbox) throws IOException, InterruptedException {
      SandboxPod pod = pod(sandbox);
      SandboxNode node = sandbox.node(pod.node());
      List<String> inNode = node.podCommand(pod, command.toArray(String[]::new));
      return Main.pass(node.command(inNode.toArray(String[]::new)));
    }
  }
}
