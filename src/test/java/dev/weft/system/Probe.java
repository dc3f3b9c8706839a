// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A probe that runs in the background, in a pod or on a node, until it is closed. */
final class Probe implements AutoCloseable {
  /** Where servers listen. */
  static final String PORT = "8080";

  private final Process process;
  private final BufferedReader output;

  private Probe(List<String> command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** A TCP server that greets with its caller's address, and a UDP echo, in a pod. */
  static Probe serve(SandboxNode node, SandboxPod pod) throws IOException {
    return serve("serve", node.podCommand(pod), node);
  }

  /** The same on the node itself. */
  static Probe serve(SandboxNode node) throws IOException {
    return serve("serve", List.of(), node);
  }

  /** A TCP server in a pod that reads what it is sent. */
  static Probe sink(SandboxNode node, SandboxPod pod) throws IOException {
    return serve("sink", node.podCommand(pod), node);
  }

  private static Probe serve(String what, List<String> enter, SandboxNode node) throws IOException {
    List<String> words = new ArrayList<>(enter);
    words.addAll(List.of(Cluster.probeCommand(what, PORT)));
    Probe probe = new Probe(node.command(words.toArray(String[]::new)));
    String first = probe.output.readLine();
    if (!"ready".equals(first)) {
      probe.close();
      throw new IOException("the server did not start: " + first);
    }
    return probe;
  }

  /** Datagrams from a pod to an echo, 200 a second, until {@link #verdict()}. */
  static Probe stream(SandboxNode node, SandboxPod pod, String address) throws IOException {
    List<String> words = node.podCommand(pod, Cluster.probeCommand("stream", address, PORT, "200"));
    return new Probe(node.command(words.toArray(String[]::new)));
  }

  /** Ends a stream and tells what it counted: {@code sent N received N refused N}. */
  String verdict() throws IOException {
    process.getOutputStream().close();
    return output.readLine();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
