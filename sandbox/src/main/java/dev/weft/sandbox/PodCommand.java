// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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

    @Option(
        names = "--namespace",
        description = "Default: ${DEFAULT-VALUE}",
        defaultValue = "default")
    String namespace;

    abstract int on(Sandbox sandbox) throws IOException, InterruptedException;

    SandboxPod pod(Sandbox sandbox, String name) {
      return sandbox
          .pod(namespace, name)
          .orElseThrow(() -> new SandboxException("there is no pod " + namespace + "/" + name));
    }

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

  @Command(name = "add", description = "Start a pod.")
  static final class Add extends OnPods {
    @Option(names = "--node", description = "Where. Default: the node with the fewest pods")
    private String node;

    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    @Override
    int on(Sandbox sandbox) {
      String place = node == null ? emptiest(sandbox) : node;
      SandboxPod pod = sandbox.addPod(place, namespace, name);
      System.out.println(pod.name() + " " + String.join(" ", pod.addresses()) + " on " + place);
      return 0;
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

  @Command(name = "del", description = "End a pod.")
  static final class Del extends OnPods {
    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    @Override
    int on(Sandbox sandbox) {
      SandboxPod pod = pod(sandbox, name);
      sandbox.node(pod.node()).deletePod(pod);
      return 0;
    }
  }

  @Command(name = "list", description = "All pods.")
  static final class Show extends OnPods {
    @Override
    int on(Sandbox sandbox) {
      String row = "%-12s %-20s %-10s %s%n";
      System.out.printf(row, "NAMESPACE", "NAME", "NODE", "IP");
      for (SandboxPod pod : sandbox.pods()) {
        System.out.printf(
            row, pod.namespace(), pod.name(), pod.node(), String.join(" ", pod.addresses()));
      }
      return 0;
    }
  }

  @Command(name = "exec", description = "Run a command in a pod's network.")
  static final class In extends OnPods {
    @Parameters(index = "0", paramLabel = "NAME")
    private String name;

    @Parameters(index = "1..*", paramLabel = "CMD", arity = "1..*")
    private List<String> command;

    @Override
    int on(Sandbox sandbox) throws IOException, InterruptedException {
      SandboxPod pod = pod(sandbox, name);
      SandboxNode node = sandbox.node(pod.node());
      List<String> inNode = node.podCommand(pod, command.toArray(String[]::new));
      return Main.pass(node.command(inNode.toArray(String[]::new)));
    }
  }
}
