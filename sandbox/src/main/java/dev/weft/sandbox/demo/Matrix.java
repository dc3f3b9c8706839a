// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.Sandbox;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Who reaches whom, by ping and by TCP, over every address. */
final class Matrix {
  /** Where pods serve TCP. */
  static final String PORT = "8080";

  private final String probe;
  private final List<SandboxPod> pods;
  private final StringBuilder text = new StringBuilder();
  private final List<String> failures = new ArrayList<>();

  Matrix(String probe, List<SandboxPod> pods) {
    this.probe = probe;
    this.pods = pods;
    text.append(cell("from \\ to"));
    pods.forEach(pod -> text.append(cell(pod.name().toUpperCase(Locale.ROOT))));
    text.append('\n');
  }

  /** Tries from every pod and every node. */
  void fill(Sandbox sandbox) {
    for (SandboxPod pod : pods) {
      SandboxNode node = sandbox.node(pod.node());
      row(pod.name().toUpperCase(Locale.ROOT), command -> node.execInPod(pod, command));
    }
    for (SandboxNode node : sandbox.nodes()) {
      row(node.name().toUpperCase(Locale.ROOT), node::exec);
    }
  }

  private void row(String from, Function<String[], ExecResult> run) {
    List<String> addresses = pods.stream().flatMap(pod -> pod.addresses().stream()).toList();
    List<String> pings = lines(run.apply(command(List.of("ping"), addresses)));
    List<String> connections = lines(run.apply(command(List.of("connect", PORT), addresses)));
    text.append(cell(from));
    for (SandboxPod pod : pods) {
      boolean ping = reached(from, pod, "ping", pings);
      boolean tcp = reached(from, pod, "TCP", connections);
      text.append(cell((ping ? "ping" : "-") + "+" + (tcp ? "tcp" : "-")));
    }
    text.append('\n');
  }

  private boolean reached(String from, SandboxPod pod, String how, List<String> lines) {
    boolean all = true;
    for (String address : pod.addresses()) {
      if (!lines.contains(address + " ok")) {
        all = false;
        String answer =
            lines.stream()
                .filter(line -> line.startsWith(address + " "))
                .findFirst()
                .orElse(address);
        failures.add(how + " from " + from + " to " + pod.name() + ": " + answer);
      }
    }
    return all;
  }

  private String[] command(List<String> verb, List<String> addresses) {
    List<String> words = new ArrayList<>(List.of(probe));
    words.addAll(verb);
    words.addAll(addresses);
    return words.toArray(String[]::new);
  }

  private static List<String> lines(ExecResult result) {
    return result.stdout().lines().toList();
  }

  private static String cell(String content) {
    return String.format("%-12s", content);
  }

  String text() {
    return text.toString();
  }

  List<String> failures() {
    return failures;
  }
}
